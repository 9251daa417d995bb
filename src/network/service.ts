/** Everything that the API can make the network of this machine do. */
import type { NetworkService, WantedBondOf, WantedIp } from '../api/network-service.ts';
import { nullRef } from '../host/objects/identity.ts';
import { bondFacts } from './bond-settings.ts';
import { Changer, type ChangerOptions, type Outline } from './changer.ts';
import { addressingOf, deviceOf, interfaceDevices } from './describe.ts';
import type { ForgottenDevices } from './forgotten.ts';
import { type Kernel, readKernel } from './kernel.ts';
import type { Management } from './management.ts';
import { asPart, type DeviceConfiguration, noIpv4 } from './persistence/device.ts';
import {
  addressDevice,
  planAddress,
  planAttach,
  planBond,
  planBondRemoval,
  planBridgeRemoval,
  planPlug,
  planRemoval,
  planUnplug,
  planVlan,
} from './plans.ts';
import {
  createBondRows,
  createVlanRows,
  destroyBondRows,
  destroyInterface,
  destroyVlanRows,
  deviceNameOf,
} from './rows.ts';
import { Unplugged } from './unplugged.ts';
import { InterfaceView, metricNow, nothingOwn } from './view.ts';

export interface HostNetworkOptions extends ChangerOptions {
  readonly hostRef: string;
  readonly forgotten: ForgottenDevices;
  readonly management: Management;
}

/** Default routes of other interfaces than the management interface stay behind its own. */
const laterMetric = 500;

export class HostNetwork implements NetworkService {
  readonly #options: HostNetworkOptions;
  readonly #changer: Changer;
  readonly #unplugged: Unplugged;
  readonly #view: InterfaceView;

  constructor(options: HostNetworkOptions) {
    this.#options = options;
    this.#changer = new Changer(options);
    this.#view = new InterfaceView(options.database);
    this.#unplugged = new Unplugged(options.world.files, options.directory);
  }

  /** Takes back what was left half done. To be called before the network is looked at. */
  recover(): Promise<void> {
    return this.#changer.recover();
  }

  configure(settings: Pick<HostNetworkOptions, 'rollbackMs'>): void {
    this.#changer.configure(settings);
  }

  stop(): Promise<void> {
    return this.#changer.end();
  }

  refresh(): Promise<void> {
    return this.#options.refresh();
  }

  plug(pif: string): Promise<void> {
    return this.#changer.inTurn(async () => {
      const name = this.#view.device(pif);
      const row = this.#view.row(pif);
      const { database } = this.#options;
      const vlan = database.get('VLAN', row.VLAN_master_of);
      const lost = await this.#unplugged.of(name);
      await this.#changer.carryOut(`${name} is brought up`, pif, (kernel) => {
        const there = kernel.links.some((link) => link.name === name);
        if (there || vlan === undefined) return { steps: planPlug(kernel, name, lost) };
        const lower = deviceNameOf(database, vlan.tagged_PIF);
        const { bridge } = database.require('network', row.network);
        return { steps: planVlan(kernel, { name, lower, tag: vlan.tag, bridge }) };
      });
      await this.#unplugged.keep(name);
    });
  }

  unplug(pif: string): Promise<void> {
    return this.#changer.inTurn(async () => {
      const name = this.#view.device(pif);
      const lost: { value?: ReturnType<typeof planUnplug>['lost'] } = {};
      await this.#changer.carryOut(`${name} is taken down`, pif, (kernel) => {
        if (!kernel.links.some((link) => link.name === name)) return { steps: [] };
        const planned = planUnplug(kernel, name);
        if (planned.steps.length > 0) lost.value = planned.lost;
        return { steps: planned.steps };
      });
      if (lost.value !== undefined) await this.#unplugged.keep(name, lost.value);
    });
  }

  reconfigure(pif: string, wanted: WantedIp): Promise<void> {
    return this.#changer.inTurn(async () => {
      const name = this.#view.device(pif);
      const row = this.#view.row(pif);
      const { mode, address, gateway, nameServers } = wanted;
      await this.#changer.carryOut(`${name} gets its address in the mode ${mode}`, pif, (kernel) => {
        const device = addressDevice(kernel, name);
        const ipv4 = { mode, address, gateway, metric: row.management ? metricNow(kernel, device) : laterMetric };
        const addressing = {
          ...addressingOf(row, 0),
          ipv4: mode === 'Static' ? ipv4 : { ...noIpv4, mode },
          nameServers,
        };
        return {
          steps: planAddress(kernel, device, ipv4),
          needsLasting: mode === 'DHCP',
          set: interfaceDevices(kernel, name, addressing),
          by: device,
          cleared: [device],
          reachable: row.management ? { device, address, gateway } : undefined,
        };
      });
    });
  }

  attach(network: string): Promise<void> {
    return this.#changer.inTurn(async () => {
      const { database, hostRef } = this.#options;
      const { bridge, PIFs, MTU } = database.require('network', network);
      const own = PIFs.filter((pif) => {
        const row = this.#view.row(pif);
        return row.host === hostRef && row.bond_slave_of === nullRef;
      });
      await this.#changer.carryOut(`the bridge ${bridge} is made`, own[0], (kernel) => {
        const names = new Set(kernel.links.map((link) => link.name));
        const present = own.filter((pif) => names.has(this.#view.device(pif)));
        const ports = present.map((pif) => this.#view.device(pif));
        const steps = planAttach(kernel, { bridge, mtu: MTU === 1500 ? 0 : MTU, ports });
        const [first] = present;
        const managing = present.find((pif) => this.#view.row(pif).management);
        const joined = { kind: 'bridge', name: bridge } as const;
        return {
          steps,
          set:
            steps.length === 0
              ? []
              : [
                  this.#view.bridgeOf(kernel, bridge, MTU, first),
                  ...present.map((pif) => asPart(this.#view.described(kernel, pif), joined)),
                ],
          ...(steps.length === 0 ? {} : { by: ports[0] ?? bridge, cleared: ports }),
          reachable: managing === undefined ? undefined : this.#view.reachableAs(managing, bridge),
        };
      });
    });
  }

  removeBridge(network: string): Promise<void> {
    return this.#changer.inTurn(async () => {
      const { database, sources } = this.#options;
      const { bridge } = database.require('network', network);
      // Without the tool the agent has made no bridge either.
      if ((await readKernel(sources)) === undefined) return;
      await this.#changer.carryOut(`the bridge ${bridge} is removed`, undefined, (kernel) => {
        const steps = planBridgeRemoval(kernel, bridge);
        return steps.length === 0 ? { steps } : { steps, unset: [bridge], by: bridge, cleared: [bridge] };
      });
    });
  }

  createVlan(tagged: string, tag: number, network: string): Promise<string> {
    return this.#changer.inTurn(async () => {
      const { database } = this.#options;
      const lower = this.#view.device(tagged);
      const { bridge } = database.require('network', network);
      const name = this.#view.freeName([`${lower}.${tag}`, `vlan${tag}`], 'vlan');
      const vlan = await this.#changer.change((tx) => createVlanRows(tx, { tagged, tag, network, name }));
      return this.#orElse(
        () =>
          this.#changer.carryOut(`the VLAN ${tag} on ${lower} is made`, tagged, (kernel) => {
            const steps = planVlan(kernel, { name, lower, tag, bridge });
            const inBridge = kernel.links.some((link) => link.name === bridge);
            const plain = { name, kind: 'vlan', mac: '', mtu: 0, bond: undefined, ...nothingOwn } as const;
            const master = inBridge ? ({ kind: 'bridge', name: bridge } as const) : undefined;
            const carrier = interfaceDevices(
              kernel,
              lower,
              addressingOf(this.#view.row(tagged), metricNow(kernel, lower)),
            );
            return { steps, set: [...carrier, { ...plain, master, vlan: { lower, tag } }], by: lower };
          }),
        vlan,
        () => this.#changer.change((tx) => destroyVlanRows(tx, vlan)),
      );
    });
  }

  destroyVlan(vlan: string): Promise<void> {
    return this.#changer.inTurn(async () => {
      const { untagged_PIF: pif, tag } = this.#options.database.require('VLAN', vlan);
      const name = this.#view.device(pif);
      await this.#changer.carryOut(`the VLAN ${tag} is removed`, pif, (kernel) => {
        const steps = planRemoval(kernel, name);
        // A bridge that loses its last port has lost the interface whose addresses it had.
        const device = addressDevice(kernel, name);
        const orphan = device !== name && kernel.links.every((link) => link.name === name || link.master !== device);
        const bridge = kernel.links.find((link) => orphan && link.name === device);
        const set = bridge === undefined ? [] : [deviceOf(bridge)];
        return { steps, set, unset: [name], by: name, held: [name], cleared: [name, ...set.map((one) => one.name)] };
      });
      await this.#changer.change((tx) => destroyVlanRows(tx, vlan));
      await this.refresh();
    });
  }

  createBond(wanted: WantedBondOf): Promise<string> {
    return this.#changer.inTurn(async () => {
      const { network, mac, mode, properties } = wanted;
      const facts = bondFacts(mode, properties);
      // The one over which the host is reached gives the bond its addresses.
      const managing = wanted.members.find((pif) => this.#view.row(pif).management);
      const members =
        managing === undefined ? wanted.members : [managing, ...wanted.members.filter((pif) => pif !== managing)];
      const [first = ''] = members;
      const name = this.#view.freeName([], 'bond');
      const { bridge, MTU } = this.#options.database.require('network', network);
      const bond = await this.#changer.change((tx) =>
        createBondRows(tx, { name, network, first, mac, mode, properties }),
      );
      const outline = (kernel: Kernel): Outline => {
        const names = members.map((pif) => this.#view.device(pif));
        const mtu = MTU === 1500 ? 0 : MTU;
        const steps = planBond(kernel, { name, mac, mtu, facts, bridge, members: names });
        const inBridge = kernel.links.some((link) => link.name === bridge);
        const joined = { kind: 'bond', name } as const;
        const own: DeviceConfiguration = {
          ...this.#view.described(kernel, first),
          name,
          kind: 'bond',
          mac: mac || this.#view.row(first).MAC,
          mtu,
          bond: facts,
        };
        const bonded = inBridge
          ? [this.#view.bridgeOf(kernel, bridge, MTU, first), asPart(own, { kind: 'bridge', name: bridge })]
          : [own];
        const set = [...bonded, ...members.map((pif) => asPart(this.#view.described(kernel, pif), joined))];
        const reachable =
          managing === undefined ? undefined : this.#view.reachableAs(managing, inBridge ? bridge : name);
        return { steps, set, by: names[0] ?? name, held: names, cleared: names, reachable };
      };
      return this.#orElse(
        () => this.#changer.carryOut(`the bond ${name} is made`, first, outline),
        bond,
        () => this.#changer.change((tx) => destroyBondRows(tx, bond)),
      );
    });
  }

  destroyBond(bond: string): Promise<void> {
    return this.#changer.inTurn(async () => {
      const { master, primary_slave, slaves } = this.#options.database.require('Bond', bond);
      const name = this.#view.device(master);
      const first = slaves.includes(primary_slave) ? primary_slave : slaves[0];
      const heir = first === undefined ? '' : this.#view.device(first);
      const { management } = this.#view.row(master);
      await this.#changer.carryOut(`the bond ${name} is dissolved`, master, (kernel) => {
        const steps = planBondRemoval(kernel, name, heir);
        const device = addressDevice(kernel, name) === name ? heir : addressDevice(kernel, name);
        const set = slaves.map((pif) => {
          const plain = this.#view.described(kernel, pif);
          if (pif !== first) return plain;
          const bridge = device === heir ? undefined : ({ kind: 'bridge', name: device } as const);
          const own = { ...plain, ...addressingOf(this.#view.row(master), metricNow(kernel, name)) };
          return bridge === undefined ? own : asPart(own, bridge);
        });
        return {
          steps,
          set,
          unset: [name],
          by: name,
          held: [name, ...slaves.map((pif) => this.#view.device(pif))],
          cleared: [name],
          reachable: management ? this.#view.reachableAs(master, device) : undefined,
        };
      });
      await this.#changer.change((tx) => destroyBondRows(tx, bond));
      await this.refresh();
    });
  }

  forget(pif: string): Promise<void> {
    return this.#changer.inTurn(async () => {
      await this.#options.forgotten.add(this.#view.row(pif).MAC.toLowerCase());
      await this.#changer.change((tx) => destroyInterface(tx, pif));
      await this.refresh();
    });
  }

  introduce(mac: string, device: string): Promise<string | undefined> {
    return this.#changer.inTurn(async () => {
      const { database, hostRef } = this.#options;
      await this.#options.forgotten.remove(mac);
      await this.refresh();
      return database.require('host', hostRef).PIFs.find((pif) => {
        const row = this.#view.row(pif);
        return (
          row.physical && row.MAC.toLowerCase() === mac && (device === '' || deviceNameOf(database, pif) === device)
        );
      });
    });
  }

  scan(): Promise<void> {
    return this.#changer.inTurn(async () => {
      await this.#options.forgotten.remove();
      await this.refresh();
    });
  }

  manageOver(device: string): Promise<void> {
    return this.#changer.inTurn(async () => {
      await this.#options.management.choose({ device, off: false });
      await this.refresh();
    });
  }

  manageNowhere(): Promise<void> {
    return this.#changer.inTurn(() => this.#options.management.choose({ device: '', off: true }));
  }

  /** Objects that were made ahead go again when what they stand for could not be made. */
  async #orElse(work: () => Promise<void>, made: string, unmake: () => Promise<void>): Promise<string> {
    try {
      await work();
      return made;
    } catch (thrown) {
      await unmake();
      throw thrown;
    }
  }
}
