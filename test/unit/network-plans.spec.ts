import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { commandOf, type NetworkAction, type Step } from '../../src/network/actions.ts';
import { isDone, type Kernel } from '../../src/network/kernel.ts';
import { PlanError } from '../../src/network/planner.ts';
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
} from '../../src/network/plans.ts';
import { KernelTwin } from '../lib/kernel-twin.ts';

const cards = ['eth0', 'eth1', 'eth2', 'eth3'];
const facts = { mode: 'active-backup', properties: { miimon: '100' } };
const card = fc.constantFrom(...cards);
const device = fc.constantFrom(...cards, 'br0', 'br1', 'eth0.7', 'bond0');

/** A host that somebody set up with ip: every command that the kernel takes, in any order. */
const command: fc.Arbitrary<readonly string[]> = fc.oneof(
  device.map((name) => ['ip', 'link', 'set', 'dev', name, 'up']),
  device.map((name) => ['ip', 'link', 'set', 'dev', name, 'down']),
  fc.constantFrom(
    ['ip', 'link', 'add', 'name', 'br0', 'type', 'bridge'],
    ['ip', 'link', 'add', 'link', 'eth0', 'name', 'eth0.7', 'type', 'vlan', 'id', '7'],
    ['ip', 'link', 'add', 'name', 'bond0', 'type', 'bond', 'mode', 'active-backup'],
  ),
  fc
    .tuple(card, fc.constantFrom('br0', 'bond0'))
    .map(([name, master]) => ['ip', 'link', 'set', 'dev', name, 'master', master]),
  fc
    .tuple(device, fc.nat(2), fc.integer({ min: 2, max: 4 }))
    .map(([name, net, at]) => ['ip', '-4', 'address', 'add', `10.0.${net}.${at}/24`, 'dev', name]),
  fc.tuple(device, fc.nat(2)).map(([name, at]) => ['ip', '-6', 'address', 'add', `fd00::${at + 1}/64`, 'dev', name]),
  fc
    .tuple(device, fc.nat(2), fc.constantFrom([], ['metric', '100']))
    .map(([name, net, metric]) => [
      'ip',
      '-4',
      'route',
      'replace',
      'default',
      'via',
      `10.0.${net}.1`,
      'dev',
      name,
      ...metric,
    ]),
  fc
    .tuple(device, fc.nat(2), fc.nat(2))
    .map(([name, to, net]) => [
      'ip',
      '-4',
      'route',
      'replace',
      `10.7${to}.0.0/16`,
      'via',
      `10.0.${net}.1`,
      'dev',
      name,
      'src',
      `10.0.${net}.2`,
    ]),
  device.map((name) => ['ip', '-4', 'route', 'replace', '10.90.0.0/16', 'dev', name]),
  device.map((name) => ['ip', '-6', 'route', 'replace', 'default', 'via', 'fe80::1', 'dev', name]),
);

/** Cards first come up, or little could be done with them. */
const host = fc.array(command, { maxLength: 40 });

function hostAfter(commands: readonly (readonly string[])[]): KernelTwin {
  const twin = new KernelTwin();
  for (const [at, name] of cards.entries()) twin.card(name, `02:00:00:00:00:0${at}`);
  for (const name of ['eth0', 'eth1', 'eth2']) twin.run(['ip', 'link', 'set', 'dev', name, 'up']);
  for (const one of commands) tolerant(() => twin.run(one));
  return twin;
}

const plan: fc.Arbitrary<(kernel: Kernel) => readonly Step[]> = fc.oneof(
  fc
    .record({
      name: device,
      mode: fc.constantFrom('None', 'DHCP', 'Static'),
      net: fc.nat(2),
      gateway: fc.boolean(),
      metric: fc.constantFrom(0, 500),
    })
    .map(
      ({ name, mode, net, gateway, metric }) =>
        (kernel: Kernel) =>
          planAddress(kernel, addressDevice(kernel, name), {
            mode,
            address: `10.0.${net}.9/24`,
            gateway: gateway ? `10.0.${net}.1` : '',
            metric,
          }),
    ),
  device.map((name) => (kernel: Kernel) => planUnplug(kernel, name).steps),
  device.map(
    (name) => (kernel: Kernel) => planPlug(kernel, name, { from: name, addresses: ['fd00::1/64'], routes: [] }),
  ),
  fc.tuple(fc.constantFrom('br0', 'br1'), fc.uniqueArray(device, { maxLength: 3 })).map(
    ([bridge, ports]) =>
      (kernel: Kernel) =>
        planAttach(kernel, { bridge, mtu: 0, ports: ports.filter((port) => !port.startsWith('br')) }),
  ),
  fc.tuple(card, fc.constantFrom('', 'br0')).map(
    ([lower, bridge]) =>
      (kernel: Kernel) =>
        planVlan(kernel, { name: `${lower}.9`, lower, tag: 9, bridge }),
  ),
  fc
    .uniqueArray(card, { minLength: 2, maxLength: 3 })
    .map(
      (members) => (kernel: Kernel) =>
        planBond(kernel, { name: 'bond1', mac: '', mtu: 0, facts, bridge: 'br0', members }),
    ),
  fc.constantFrom(
    (kernel: Kernel) => planBridgeRemoval(kernel, 'br0'),
    (kernel: Kernel) => planRemoval(kernel, 'eth0.7'),
    (kernel: Kernel) => planBondRemoval(kernel, 'bond0', 'eth1'),
  ),
);

function tolerant(work: () => void): void {
  try {
    work();
  } catch {
    // The kernel refuses it.
  }
}

function perform(twin: KernelTwin, action: NetworkAction): void {
  if (action.act === 'nothing') return;
  const words = commandOf(action);
  assert.ok(words !== undefined);
  twin.run(words);
}

/** The plan for a host; undefined when it cannot be planned there. */
function planned(twin: KernelTwin, make: (kernel: Kernel) => readonly Step[]): readonly Step[] | undefined {
  try {
    return make(twin.kernel);
  } catch (thrown) {
    if (thrown instanceof PlanError) return undefined;
    throw thrown;
  }
}

describe('plans for the network', () => {
  it('are carried out without a refusal and show in the kernel, and taken back exactly', () => {
    fc.assert(
      fc.property(host, plan, (commands, make) => {
        const twin = hostAfter(commands);
        const before = twin.picture;
        const steps = planned(twin, make) ?? [];
        for (const { action } of steps) {
          perform(twin, action);
          assert.ok(isDone(action, twin.kernel), JSON.stringify(action));
        }
        for (const { undo } of steps.toReversed()) {
          perform(twin, undo);
          assert.ok(isDone(undo, twin.kernel), JSON.stringify(undo));
        }
        assert.equal(twin.picture, before);
      }),
      { numRuns: 3000 },
    );
  });

  it('are taken back exactly when any step fails, done or not, and when an agent died at any step', () => {
    fc.assert(
      fc.property(host, plan, fc.nat(), fc.boolean(), fc.boolean(), (commands, make, chosen, happened, died) => {
        const twin = hostAfter(commands);
        const before = twin.picture;
        const steps = planned(twin, make) ?? [];
        if (steps.length === 0) return;
        const failing = chosen % steps.length;
        for (const { action } of steps.slice(0, failing)) perform(twin, action);
        if (happened) perform(twin, steps[failing]?.action ?? { act: 'nothing' });
        // Who died knows no more than what was to be done; who failed knows how far he came.
        const begun = died ? steps : steps.slice(0, failing + 1);
        for (const { undo } of begun.toReversed()) tolerant(() => perform(twin, undo));
        assert.equal(twin.picture, before);
      }),
      { numRuns: 3000 },
    );
  });
});
