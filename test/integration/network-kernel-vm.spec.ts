import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Programs } from '../../src/world/world.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { failureOf } from '../lib/failures.ts';
import { KernelVm } from '../lib/kernel-vm.ts';
import { skip } from '../lib/skip.ts';

const ofTheMachine = ['/etc/', '/run/', '/var/lib/', '/proc/sys/kernel/random/', '/sys/'];

interface Shown {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: { readonly id?: number; readonly mode?: string };
  };
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

/** A system that configures the network, and how it is set up with eth0 in its hands. */
interface Setting {
  readonly system: string;
  readonly setUp: string;
  /** What it means that another file describes eth0 already: nothing, that changes of it pass, or that a bond of it is refused. */
  readonly eth0: 'yields' | 'passes' | 'refuses';
}

const off = 'systemctl -q disable --now systemd-networkd systemd-networkd.socket';
const settings: readonly Setting[] = [
  {
    system: 'systemd-networkd',
    setUp: `printf '[Match]\\nName=eth0\\n[Network]\\nDHCP=ipv4\\n' > /etc/systemd/network/10-lan.network && networkctl reload`,
    eth0: 'yields',
  },
  {
    system: 'ifupdown',
    setUp: `${off}; printf 'auto eth0\\niface eth0 inet dhcp\\n' > /etc/network/interfaces.d/lan && systemctl -q enable --now networking`,
    eth0: 'passes',
  },
  {
    system: 'netplan',
    setUp: `(umask 077; printf 'network:\\n  version: 2\\n  ethernets:\\n    eth0:\\n      dhcp4: true\\n' > /etc/netplan/50-lan.yaml) && netplan apply`,
    eth0: 'refuses',
  },
  {
    system: 'NetworkManager',
    setUp: `${off}; systemctl -q enable --now NetworkManager`,
    eth0: 'yields',
  },
];

for (const { system, setUp, eth0: theirs } of settings) {
  describe(`the network of a machine with ${system} and a kernel that has everything`, function () {
    this.timeout(600_000);
    let vm: KernelVm;
    let agent: TestAgent;
    let api: ApiClient;

    before(async function () {
      const folder = process.env['QUORATE_KERNEL_VM'] ?? '';
      if (folder === '') skip(this, 'QUORATE_KERNEL_VM names no folder that test/tools/kernel-vm.sh made');
      vm = await KernelVm.start(folder, 5);
      await vm.shell(setUp);
      await untilAddress('eth0', '10.0.2.');
      agent = await startTestAgent({
        place: () => refusing(vm.programs()),
        files: (real) => vm.files(real, ofTheMachine),
      });
      api = await agent.client();
    });

    after(async () => {
      await agent?.remove();
      await vm?.end();
    });

    /** A program that is to fail once, by its command line. */
    let refused: RegExp | undefined;
    const refusing = (programs: Programs): Programs => ({
      ...programs,
      run: (program, args, options) => {
        const fails = refused?.test([program, ...args].join(' ')) === true;
        if (fails) refused = undefined;
        return programs.run(fails ? 'false' : program, fails ? [] : args, options);
      },
    });
    const untilAddress = async (device: string, beginning: string): Promise<void> => {
      const look = `ip -4 -o address show dev ${device} | grep -qF 'inet ${beginning}'`;
      await vm.shell(`(for i in $(seq 150); do ${look} && exit 0; sleep 0.2; done; exit 1)`);
    };
    const interfaceOf = async (device: string): Promise<string> => {
      const all = await api.call<Record<string, { device: string; VLAN: string | number }>>('PIF.get_all_records');
      return Object.entries(all).find(([, pif]) => pif.device === device && Number(pif.VLAN) < 0)?.[0] ?? '';
    };
    const newNetwork = (label: string): Promise<string> =>
      api.call<string>('network.create', { name_label: label, other_config: {} });
    const setAddress = (pif: string, address: string, gateway = ''): Promise<unknown> =>
      api.call('PIF.reconfigure_ip', pif, 'Static', address, '255.255.255.0', gateway, '');
    /** Of each device that is up or configured: what it is, in what it is, and its IPv4 addresses. */
    const picture = async (): Promise<Record<string, string>> => {
      const shown = JSON.parse(await vm.shell('ip -j -d address show')) as readonly Shown[];
      return Object.fromEntries(
        shown
          .filter(({ ifname }) => ifname !== 'lo')
          .map(({ ifname, flags, master = '', linkinfo = {}, addr_info }) => {
            const { info_kind = '', info_data = {} } = linkinfo;
            const addresses = addr_info
              .filter(({ family }) => family === 'inet')
              .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
            const said = [
              flags.includes('UP') ? 'up' : 'down',
              info_kind,
              info_data.id,
              info_data.mode,
              master,
              ...addresses.toSorted(),
            ];
            return [ifname, said.filter((word) => word !== '' && word !== undefined).join(' ')];
          }),
      );
    };
    /** Systems that act by themselves take their time to do it again. */
    const untilPicture = async (wanted: Record<string, string>): Promise<void> => {
      const endMs = performance.now() + 60_000;
      while (performance.now() < endMs && !isDeepStrictEqual(await picture(), wanted)) await sleep(500);
      assert.deepEqual(await picture(), wanted);
    };
    /** Restarts the machine, and the agent as the machine would once it is on the network. */
    const rebooted = async (over: string): Promise<void> => {
      await agent.stop();
      await vm.reboot();
      await untilAddress(over, '10.0.2.');
      agent = await agent.restart();
      api = await agent.client();
    };
    const staysOverReboot = async (over: string): Promise<void> => {
      const before = await picture();
      await rebooted(over);
      await untilPicture(before);
    };

    let vlan = '';
    let bond = '';
    let bridge = '';
    let leased = '';

    it('has VLANs and bridges with addresses', async () => {
      const [network, pif] = [await newNetwork('seven'), await interfaceOf('eth1')];
      vlan = await api.call<string>('VLAN.create', pif, 7, network);
      assert.match(await vm.shell('ip -d link show eth1.7'), /vlan protocol 802\.1Q id 7/);
      const untagged = await api.call<string>('VLAN.get_untagged_PIF', vlan);
      assert.equal(await api.call('PIF.get_currently_attached', untagged), true);
      assert.equal(await api.call('PIF.get_network', untagged), network);
      assert.deepEqual(await failureOf(api.call('VLAN.create', pif, 7, await newNetwork('again'))), [
        'PIF_VLAN_EXISTS',
        untagged,
      ]);
      assert.deepEqual(await failureOf(api.call('VLAN.create', untagged, 8, network)), ['PIF_IS_VLAN', untagged]);
      await api.call('network.attach', network, await api.call('PIF.get_host', pif));
      await setAddress(untagged, '10.97.0.2');
      await setAddress(pif, '10.99.0.2');
      bridge = await api.call<string>('network.get_bridge', network);
      const now = await picture();
      assert.equal(now['eth1.7'], `up vlan 7 ${bridge}`);
      assert.equal(now[bridge], 'up bridge 10.97.0.2/24');
      assert.equal(now['eth1'], 'up 10.99.0.2/24');
    });

    it('has a bridge with an address that a card got by DHCP', async () => {
      const pif = await interfaceOf('eth4');
      await api.call('PIF.reconfigure_ip', pif, 'DHCP', '', '', '', '');
      await untilAddress('eth4', '10.0.2.');
      await api.call('PIF.scan', await api.call('PIF.get_host', pif));
      const network = await api.call<string>('PIF.get_network', pif);
      await api.call('network.attach', network, await api.call('PIF.get_host', pif));
      leased = await api.call<string>('network.get_bridge', network);
      await untilAddress(leased, '10.0.2.');
      assert.equal((await picture())['eth4'], `up ${leased}`);
      assert.equal(await api.call('PIF.get_ip_configuration_mode', pif), 'DHCP');
    });

    it('is as before when a bond cannot be made', async () => {
      const members = [await interfaceOf('eth2'), await interfaceOf('eth3')];
      await setAddress(members[0] ?? '', '10.98.0.2');
      const before = await picture();
      const network = await newNetwork('failing');
      const last = 'networkctl reconfigure eth3|nmcli device set eth3 managed yes|netplan apply';
      const failing = system === 'ifupdown' ? ['master bond0'] : ['set dev eth3 master bond0', last];
      for (const words of failing) {
        refused = new RegExp(words);
        const bonding = api.call('Bond.create', network, members, '', 'active-backup', {});
        const [code] = await failureOf(bonding);
        assert.equal(refused, undefined);
        assert.equal(code, 'PIF_CONFIGURATION_ERROR');
        await untilPicture(before);
        assert.equal(
          await vm.shell(
            'ls /run/systemd/network/00-* 2>/dev/null || true; nmcli -g GENERAL.STATE device show eth2 2>/dev/null | grep -i unmanaged || true',
          ),
          '',
        );
      }
    });

    it('has bonds', async () => {
      const network = await newNetwork('both');
      const members = [await interfaceOf('eth2'), await interfaceOf('eth3')];
      bond = await api.call<string>('Bond.create', network, members, '', 'active-backup', { miimon: '50' });
      const now = await picture();
      assert.equal(now['bond0'], 'up bond active-backup 10.98.0.2/24');
      assert.equal(now['eth2'], 'up bond0');
      assert.equal(now['eth3'], 'up bond0');
      const slaves = await api.call<string[]>('Bond.get_slaves', bond);
      assert.deepEqual(slaves.toSorted(), members.toSorted());
      assert.equal(await api.call('Bond.get_mode', bond), 'active-backup');
      const master = await api.call<string>('Bond.get_master', bond);
      assert.equal(await api.call('PIF.get_device', master), 'bond0');
      assert.equal(await api.call('PIF.get_ip_configuration_mode', master), 'Static');
      assert.deepEqual(await failureOf(api.call('PIF.plug', members[0])), ['CANNOT_PLUG_BOND_SLAVE', members[0]]);
    });

    it('has all of it after a restart of the machine, as the same objects', async () => {
      await staysOverReboot('eth0');
      const master = await api.call<string>('Bond.get_master', bond);
      assert.equal(await api.call('PIF.get_IP', master), '10.98.0.2');
      assert.equal(await api.call('PIF.get_ip_configuration_mode', master), 'Static');
      assert.equal(Number(await api.call('VLAN.get_tag', vlan)), 7);
    });

    it('gets an address by DHCP from the system that configures the device', async () => {
      const pif = await interfaceOf('eth1');
      await api.call('PIF.reconfigure_ip', pif, 'DHCP', '', '', '', '');
      await untilAddress('eth1', '10.0.2.');
      await api.call('PIF.scan', await api.call('PIF.get_host', pif));
      assert.equal(await api.call('PIF.get_ip_configuration_mode', pif), 'DHCP');
      assert.match(await api.call<string>('PIF.get_IP', pif), /^10\.0\.2\./);
      await setAddress(pif, '10.99.0.3');
      assert.equal((await picture())['eth1'], 'up 10.99.0.3/24');
      // Nobody is left who would ask for the address again.
      assert.doesNotMatch(await vm.shell('pgrep -a "dhclient|dhcpcd|udhcpc" || true'), /eth1/);
    });

    it('has none of it after it was removed, also after a restart of the machine', async () => {
      await api.call('Bond.destroy', bond);
      const untagged = await api.call<string>('VLAN.get_untagged_PIF', vlan);
      await api.call('VLAN.destroy', vlan);
      const now = await picture();
      assert.equal(now['bond0'], undefined);
      assert.equal(now['eth1.7'], undefined);
      assert.match(now[bridge] ?? '', /^up bridge$/);
      assert.equal(now['eth2'], 'up 10.98.0.2/24');
      assert.match(now['eth3'] ?? '', /^up$/);
      assert.deepEqual(await api.call('VLAN.get_all'), []);
      assert.deepEqual(await api.call('Bond.get_all'), []);
      assert.equal((await api.call<string[]>('PIF.get_all')).includes(untagged), false);
      await staysOverReboot('eth0');
    });

    it('is reached over a bond of the management interface', async () => {
      const members = [await interfaceOf('eth0'), await interfaceOf('eth3')];
      const [eth0 = ''] = members;
      if (theirs === 'refuses') {
        const [code, , reason] = await failureOf(
          api.call('Bond.create', await newNetwork('main'), members, '', 'active-backup', {}),
        );
        assert.equal(code, 'PIF_CONFIGURATION_ERROR');
        assert.match(reason ?? '', /describes eth0 as well/);
        return;
      }
      if (theirs === 'passes') {
        await api.call('Bond.create', await newNetwork('main'), members, '', 'active-backup', {});
        assert.equal((await picture())['bond0'], 'up bond active-backup 10.0.2.15/24');
        assert.doesNotMatch(await vm.shell('pgrep -a dhclient || true'), /eth0/);
        await rebooted('eth0');
        const now = await picture();
        assert.equal(now['bond0'], undefined);
        assert.equal(now['eth0'], 'up 10.0.2.15/24');
        return;
      }
      await setAddress(eth0, '10.0.2.15', '10.0.2.2');
      assert.equal(await api.call('PIF.get_management', eth0), true);
      const main = await api.call<string>('Bond.create', await newNetwork('main'), members, '', 'active-backup', {});
      const master = await api.call<string>('Bond.get_master', main);
      assert.equal(await api.call('PIF.get_management', master), true);
      assert.match(await vm.shell('ip route show default'), /via 10\.0\.2\.2 dev bond0/);
      await staysOverReboot('bond0');
      assert.equal(await api.call('PIF.get_management', master), true);
      await api.call('Bond.destroy', main);
      assert.equal(await api.call('PIF.get_management', eth0), true);
      assert.equal((await picture())['eth0'], 'up 10.0.2.15/24');
      await staysOverReboot('eth0');
    });
  });
}
