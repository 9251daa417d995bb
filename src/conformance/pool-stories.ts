/** What is tried with several hosts. */
import type { LaboratoryHost } from './laboratory.ts';
import { fenceMsOf } from './pace.ts';
import { fenceLimitMs, noNetwork, noticeLimitMs, sameHosts, slackMs, type View, viewOf } from './pool-view.ts';
import type { StepWork, Story, Teller } from './story.ts';
import type { CallRecord } from './transcript.ts';

const pollMs = 100;

const uuidsOf = (teller: Teller): readonly string[] => teller.laboratory.hosts.map(({ uuid }) => uuid);

export const allHosts = (teller: Teller): readonly number[] => teller.laboratory.hosts.map(({ index }) => index);

/** The host that has to suffer: the last one, so that the first can be asked. */
const victimOf = (teller: Teller): number => teller.laboratory.hosts.length;

const running = (teller: Teller, hosts: readonly number[]): readonly number[] =>
  hosts.filter((host) => teller.host(host).running);

/** Asks hosts for their livesets, again and again, until what they said last is settled or the time is over. */
async function watch(
  teller: Teller,
  step: StepWork,
  watched: { readonly hosts: readonly number[]; readonly forMs: number },
  settled: (views: ReadonlyMap<number, View | undefined>) => boolean,
): Promise<void> {
  const uuids = uuidsOf(teller);
  const deadline = teller.laboratory.nowMs() + watched.forMs;
  for (;;) {
    const views = new Map<number, View | undefined>();
    const ask = async (host: number): Promise<void> => {
      views.set(host, viewOf(await step.call('ha_query_liveset', [], { host }), uuids));
    };
    await Promise.all(running(teller, watched.hosts).map(ask));
    if (settled(views)) return step.note('settled', true);
    if (teller.laboratory.nowMs() >= deadline) return step.note('settled', false);
    await teller.laboratory.sleep(pollMs);
  }
}

/** Do all of these hosts say that exactly those are alive? */
function allSay(
  views: ReadonlyMap<number, View | undefined>,
  hosts: readonly number[],
  alive: readonly number[],
): boolean {
  return hosts.every((host) => {
    const view = views.get(host);
    return view?.online === true && sameHosts(view.alive, alive);
  });
}

function limitOf(teller: Teller): number {
  return fenceLimitMs(teller.directory, undefined, teller.timeouts);
}

/** All hosts start at once, and see each other. Steps: init, start, formed. */
async function form(teller: Teller): Promise<void> {
  const hosts = allHosts(teller);
  await teller.need('init', 'ha_set_pool_state', ['init']);
  teller.state = 'initialised';
  await startAll(teller, 'start', hosts);
  teller.state = 'online';
  const { values } = await teller.step('formed', async (step) =>
    watch(teller, step, { hosts, forMs: limitOf(teller) + slackMs }, (views) => allSay(views, hosts, hosts)),
  );
  if (values['settled'] !== true) teller.stop('The hosts did not form one liveset.');
  await teller.need('active', 'ha_set_pool_state', ['active']);
}

async function startAll(teller: Teller, name: string, hosts: readonly number[]): Promise<void> {
  const { calls } = await teller.step(name, async (step) => {
    await Promise.all(hosts.map(async (host) => step.call('ha_start_daemon', [], { host })));
  });
  for (const call of calls) teller.mustEndWith(call, [0]);
}

/** A host that was switched off, or has left, comes back. Steps NAME: start, NAME: seen. */
async function comeBack(teller: Teller, name: string, host: number): Promise<void> {
  const hosts = allHosts(teller);
  if (!teller.host(host).running) await teller.host(host).powerOn();
  await teller.call(`${name}: start`, 'ha_start_daemon', [], { host });
  await teller.step(`${name}: seen`, async (step) =>
    watch(teller, step, { hosts, forMs: limitOf(teller) + slackMs }, (views) => allSay(views, hosts, hosts)),
  );
}

async function leave(teller: Teller, host: number): Promise<void> {
  await teller.need('leave: disarm', 'ha_disarm_fencing', [], [0], { host });
  await teller.need('leave: stop', 'ha_stop_daemon', [], [0], { host });
}

const others = (teller: Teller, host: number): readonly number[] => allHosts(teller).filter((other) => other !== host);

const forming: Story = {
  name: 'pool: forming',
  title: 'several hosts form a pool, one leaves and comes back',
  hosts: 'many',
  async tell(teller) {
    await form(teller);
    const host = victimOf(teller);
    await leave(teller, host);
    await teller.step('left', async (step) => {
      const stay = others(teller, host);
      const forMs = noticeLimitMs(limitOf(teller)) + slackMs;
      await watch(teller, step, { hosts: stay, forMs }, (views) => allSay(views, stay, stay));
    });
    await comeBack(teller, 'join', host);
  },
};

interface Fault {
  readonly name: string;
  readonly title: string;
  readonly strike: (host: LaboratoryHost) => Promise<void>;
  readonly heal: (host: LaboratoryHost) => Promise<void>;
}

export const faults: readonly Fault[] = [
  {
    name: 'power',
    title: 'one of several hosts loses its power',
    strike: (host) => host.powerOff(),
    heal: async () => undefined,
  },
  {
    name: 'network',
    title: 'one of several hosts loses its network',
    strike: (host) => host.setNetwork('silent'),
    heal: (host) => host.setNetwork('connected'),
  },
  {
    name: 'statefile',
    title: 'one of several hosts loses the statefile',
    strike: (host) => host.setStatefile('lost'),
    heal: (host) => host.setStatefile('good'),
  },
  {
    name: 'both',
    title: 'one of several hosts loses its network, and its statefile hangs',
    strike: async (host) => {
      await Promise.all([host.setNetwork('cable-out'), host.setStatefile('hung')]);
    },
    heal: async (host) => {
      await Promise.all([host.setNetwork('connected'), host.setStatefile('good')]);
    },
  },
];

/** Asked without the name of a script, for nobody expects an answer of a host that is cut off. */
async function askVictim(teller: Teller, step: StepWork, host: number): Promise<void> {
  if (teller.host(host).running)
    await step.shell('the cut off host', 'exec ha_query_liveset', { host, timeoutMs: 3000 });
}

function faultStory(fault: Fault): Story {
  return {
    name: `pool: ${fault.name}`,
    title: fault.title,
    hosts: 'many',
    async tell(teller) {
      await form(teller);
      const victim = teller.host(victimOf(teller));
      const stay = others(teller, victim.index);
      for (const host of allHosts(teller)) teller.expectEnd(host);
      // Nobody has to die when the network is of no importance; that shows only after the whole time.
      const mayLive = fault.name === 'network';
      await teller.step('fault', async (step) => {
        step.note('victim', victim.index);
        step.note('struckMs', teller.laboratory.nowMs());
        await fault.strike(victim);
        const forMs = noticeLimitMs(limitOf(teller)) + slackMs;
        const longMs = mayLive && teller.directory.capabilities.includes(noNetwork) ? limitOf(teller) : forMs;
        await watch(teller, step, { hosts: stay, forMs: longMs }, (views) => {
          const up = running(teller, allHosts(teller));
          return up.length < allHosts(teller).length && allSay(views, running(teller, stay), up);
        });
      });
      await teller.step('after', async (step) => {
        // What was decided has to last for longer than any watchdog still runs.
        await teller.laboratory.sleep(fenceMsOf(teller.timeouts) + slackMs / 2);
        await Promise.all(running(teller, stay).map(async (host) => step.call('ha_query_liveset', [], { host })));
        await askVictim(teller, step, victim.index);
        for (const host of allHosts(teller)) await step.look(host);
      });
      await fault.heal(victim);
      const [lost, more] = allHosts(teller).filter((host) => !teller.host(host).running);
      if (lost === undefined) return;
      if (more !== undefined) teller.stop('More than one host was fenced.');
      await comeBack(teller, 'rejoin', lost);
    },
  };
}

/** All hosts ask for the lock at the same time. */
async function proposeAll(teller: Teller, name: string): Promise<number | undefined> {
  const { calls } = await teller.step(name, async (step) => {
    await Promise.all(allHosts(teller).map(async (host) => step.call('ha_propose_master', [], { host })));
  });
  return calls.find(saysTrue)?.host;
}

export function saysTrue(call: CallRecord): boolean {
  return call.script === 'ha_propose_master' && call.exitCode === 0 && call.stdout.trim() === 'TRUE';
}

const lock: Story = {
  name: 'pool: lock',
  title: 'several hosts ask for the lock of the master, and the one that has it is cut off',
  hosts: 'many',
  length: 2,
  async tell(teller) {
    await form(teller);
    const holder = await proposeAll(teller, 'propose');
    if (holder === undefined) return;
    await proposeAll(teller, 'propose again');
    const hosts = allHosts(teller);
    const named = (master: number, among: readonly number[]) => (views: ReadonlyMap<number, View | undefined>) =>
      among.every((host) => sameHosts(views.get(host)?.masters ?? [], [master]));
    await teller.step('named', async (step) =>
      watch(teller, step, { hosts, forMs: limitOf(teller) + slackMs }, named(holder, hosts)),
    );
    for (const host of hosts) teller.expectEnd(host);
    const rest = others(teller, holder);
    const { calls } = await teller.step('takeover', async (step) => {
      step.note('victim', holder);
      step.note('struckMs', teller.laboratory.nowMs());
      const host = teller.host(holder);
      await Promise.all([host.setNetwork('silent'), host.setStatefile('hung')]);
      await contend(teller, step, rest);
      await step.look(holder);
    });
    const next = calls.find(saysTrue)?.host;
    if (next === undefined) return;
    await teller.step('named anew', async (step) =>
      watch(teller, step, { hosts: rest, forMs: limitOf(teller) + slackMs }, named(next, rest)),
    );
  },
};

/** Until one of them has the lock: each asks for it, and for the liveset meanwhile. */
async function contend(teller: Teller, step: StepWork, hosts: readonly number[]): Promise<void> {
  const deadline = teller.laboratory.nowMs() + noticeLimitMs(limitOf(teller)) + teller.limits.callMs;
  const had = new Set<number>();
  const goesOn = (host: number): boolean =>
    had.size === 0 && teller.laboratory.nowMs() < deadline && teller.host(host).running;
  const propose = async (host: number): Promise<void> => {
    while (goesOn(host)) {
      if (saysTrue(await step.call('ha_propose_master', [], { host }))) had.add(host);
      await teller.laboratory.sleep(pollMs);
    }
  };
  const query = async (host: number): Promise<void> => {
    while (goesOn(host)) {
      await step.call('ha_query_liveset', [], { host });
      await teller.laboratory.sleep(pollMs);
    }
  };
  await Promise.all(hosts.flatMap((host) => [propose(host), query(host)]));
}

const exclusion: Story = {
  name: 'pool: exclusion',
  title: 'one of several hosts is excluded, and let in again',
  hosts: 'many',
  async tell(teller) {
    await form(teller);
    const host = victimOf(teller);
    const stay = others(teller, host);
    await leave(teller, host);
    await teller.need('exclude', 'ha_set_excluded', [], [0], { host });
    await teller.step('excluded', async (step) => {
      const forMs = noticeLimitMs(limitOf(teller)) + slackMs;
      await watch(
        teller,
        step,
        { hosts: stay, forMs },
        (views) => allSay(views, stay, stay) && stay.every((other) => views.get(other)?.excluded.includes(host)),
      );
    });
    await comeBack(teller, 'let in', host);
  },
};

const invalid: Story = {
  name: 'pool: invalid',
  title: 'the state of the pool becomes invalid',
  hosts: 'many',
  async tell(teller) {
    await form(teller);
    const hosts = allHosts(teller);
    for (const host of hosts) teller.expectEnd(host);
    await teller.need('set invalid', 'ha_set_pool_state', ['invalid']);
    teller.state = 'invalid';
    const gone = new Set<number>();
    await teller.step('gone', async (step) => {
      const deadline = teller.laboratory.nowMs() + limitOf(teller) + slackMs;
      while (gone.size < hosts.length && teller.laboratory.nowMs() < deadline) {
        const left = running(teller, hosts).filter((host) => !gone.has(host));
        if (left.length === 0) break;
        for (const host of left) {
          const { exitCode } = await step.call('ha_query_liveset', [], { host });
          if (exitCode === 14) gone.add(host);
        }
        await teller.laboratory.sleep(pollMs);
      }
      step.note('gone', gone.size);
      // A watchdog that was left open strikes only now.
      await teller.laboratory.sleep(fenceMsOf(teller.timeouts) + slackMs / 2);
      for (const host of hosts) await step.look(host);
    });
    if (gone.size < hosts.length) teller.stop('The daemons did not end.');
    await teller.step('start invalid', async (step) => {
      for (const host of hosts) await step.call('ha_start_daemon', [], { host });
    });
  },
};

const allLose: Story = {
  name: 'pool: all',
  title: 'all hosts lose the statefile, and still hear each other',
  hosts: 'many',
  async tell(teller) {
    if (teller.directory.capabilities.includes(noNetwork)) teller.stop('The stack uses no network.');
    await form(teller);
    const hosts = allHosts(teller);
    for (const host of hosts) teller.expectEnd(host);
    await teller.step('fault', async (step) => {
      await Promise.all(hosts.map(async (host) => teller.host(host).setStatefile('lost')));
      await watch(
        teller,
        step,
        { hosts, forMs: limitOf(teller) + slackMs },
        () => running(teller, hosts).length < hosts.length,
      );
      for (const host of hosts) await step.look(host);
    });
  },
};

export const poolStories: readonly Story[] = [...faults.map(faultStory), lock, forming, exclusion, invalid, allLose];
