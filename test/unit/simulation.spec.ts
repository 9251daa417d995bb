import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { journalOptions } from '../../src/database/format.ts';
import type { Journal, JournalObject } from '../../src/database/journal.ts';
import type { SimulatedHost } from '../../src/world/simulated/host.ts';
import { createSimulation, type Simulation } from '../../src/world/simulated/simulation.ts';
import type { HttpExchange, HttpHandler, World } from '../../src/world/world.ts';
import { story } from '../lib/simulated-story.ts';

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
const bytes = (content: string): Uint8Array => Buffer.from(content);

async function loaded(journal: Journal): Promise<readonly JournalObject[]> {
  return (await Array.fromAsync(journal.load())).flat();
}

async function listen(simulation: Simulation, host: SimulatedHost, handler: HttpHandler): Promise<void> {
  const pair = await simulation.finish(host.world.certificates.selfSigned([host.name], 1));
  host.disk.put('/pki/certificate', pair.certificate);
  host.disk.put('/pki/key', pair.key);
  const address = {
    kind: 'tls',
    host: '::',
    port: 443,
    certificatePath: '/pki/certificate',
    keyPath: '/pki/key',
  } as const;
  await simulation.finish(host.world.http.listen(address, handler));
}

function call(world: World, to: string, timeoutMs = 5_000, path = '/'): Promise<HttpExchange> {
  const options = { method: 'POST', path, headers: {}, body: 'hello', timeoutMs, maxReplyBytes: 1_000_000 };
  return world.http.call({ url: `https://${to}/` }, options);
}

describe('the simulation', () => {
  describe('follows from its seed', () => {
    it('tells the same story twice, and another one for another seed', async () => {
      const first = await story('seed one');
      const again = await story('seed one');
      assert.deepEqual(again.lines, first.lines);
      assert.equal(again.digest, first.digest);
      assert.notEqual((await story('seed two')).digest, first.digest);
      assert.ok(first.lines.length > 100, `only ${first.lines.length} lines`);
    });

    it('tells the same story in another process', async () => {
      const fixture = join(import.meta.dirname, '..', 'lib', 'simulated-story.ts');
      const script = `import(${JSON.stringify(fixture)}).then(async ({ story }) => console.log((await story('seed one')).digest))`;
      const told = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim();
      assert.equal(told, (await story('seed one')).digest);
    });

    it('draws evenly, and independently from derived streams', () => {
      const simulation = createSimulation(7);
      const { random } = simulation.host('a').world;
      const counts = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let draw = 0; draw < 8000; draw++) {
        const at = random.integer(8);
        counts[at] = (counts[at] ?? 0) + 1;
      }
      assert.ok(Math.min(...counts) > 850 && Math.max(...counts) < 1150, counts.join(' '));
      const undisturbed = createSimulation(7).host('b').world.random.uuid();
      assert.equal(simulation.host('b').world.random.uuid(), undisturbed);
    });
  });

  describe('time', () => {
    it('lets years pass at once', async () => {
      const simulation = createSimulation(1);
      const { clock } = simulation.host('a').world;
      const startMs = clock.nowMs();
      await simulation.finish(clock.sleep(86_400_000 * 1000), 86_400_000 * 1001);
      assert.ok(Math.abs(clock.nowMs() - startMs - 86_400_000 * 1000) <= 1);
    });

    it('gives clocks that jump and drift, while intervals only drift', async () => {
      const simulation = createSimulation(1);
      const host = simulation.host('a');
      const other = simulation.host('b').world.clock;
      const { clock } = host.world;
      const before = { now: clock.nowMs(), monotonic: clock.monotonicMs() };
      host.clockFaults.wallOffsetMs = -3_600_000;
      assert.equal(clock.nowMs() - before.now, -3_600_000);
      assert.equal(clock.monotonicMs(), before.monotonic);
      host.clockFaults.rate = 1.1;
      const startMs = other.monotonicMs();
      await simulation.finish(clock.sleep(11_000));
      assert.ok(Math.abs(other.monotonicMs() - startMs - 10_000) < 1);
      assert.ok(Math.abs(clock.monotonicMs() - before.monotonic - 11_000) < 1);
    });

    it('finishes long chains of promises between events', async () => {
      const simulation = createSimulation(1);
      let steps = 0;
      const chain = async (): Promise<void> => {
        for (let count = 0; count < 1000; count++) {
          await Promise.resolve();
          steps++;
        }
      };
      await simulation.finish(chain());
      assert.equal(steps, 1000);
    });

    it('says what it waited for, and the end of the story, when that does not come', async () => {
      const simulation = createSimulation(5);
      simulation.host('a').world.log.write('info', 'last-words', 'This is the end');
      await assert.rejects(
        simulation.until('the cows come home', () => false, 1000),
        {
          name: 'SimulationError',
          message: /^seed 5: not within 1000 ms: the cows come home\n.*last-words: This is the end/,
        },
      );
      await assert.rejects(simulation.finish(new Promise(() => undefined)), { name: 'SimulationError' });
    });

    it('fails with what an event throws', async () => {
      const simulation = createSimulation(5);
      simulation.host('a').world.clock.after(10, () => {
        throw new RangeError('a fault of the code under test');
      });
      await assert.rejects(simulation.run(100), RangeError);
    });
  });

  describe('a host that crashes', () => {
    it('never acts again: timers, promises and new calls of its old world are dead', async () => {
      const simulation = createSimulation(3);
      const host = simulation.host('a');
      host.programs.set('/bin/x', () => ({ durationMs: 50 }));
      host.disk.put('/file', 'as it was');
      const { world } = host;
      const acted: string[] = [];
      const acts = (what: string) => (): void => void acted.push(what);
      world.clock.after(100, acts('timer'));
      const pending = [
        world.clock.sleep(100),
        world.clock.sleep(200, new AbortController().signal),
        world.programs.run('/bin/x', [], { timeoutMs: 1000, maxOutputBytes: 10 }),
        world.machine(),
        world.files.read('/file', 100),
        call(world, 'nowhere'),
      ];
      for (const [index, promise] of pending.entries()) promise.then(acts(`then ${index}`), acts(`catch ${index}`));
      world.files.watch('/file', acts('watch'));
      host.kill();
      world.log.write('error', 'from-the-grave', 'This must not be told');
      world.clock.after(1, acts('new timer'));
      world.clock.yield().then(acts('yield'), acts('yield'));
      world.files.writeAtomic('/file', 'from the grave', 0o600).then(acts('write'), acts('write'));
      const after = host.restart();
      await simulation.run(1_000_000);
      assert.deepEqual(acted, []);
      assert.equal(text(await simulation.finish(after.files.read('/file', 100))), 'as it was');
      assert.ok(!simulation.trace.lines.some((line) => line.includes('from-the-grave')));
    });

    it('keeps what was synced and replaced, and loses or tears the rest', async () => {
      const outcomes = new Set<string>();
      for (let seed = 0; seed < 60; seed++) {
        const simulation = createSimulation(seed);
        const host = simulation.host('a');
        const { files } = host.world;
        await simulation.finish(files.append('/log', bytes('x'.repeat(700)), 0o600));
        await simulation.finish(files.sync('/log'));
        await simulation.finish(files.append('/log', bytes('y'.repeat(2000)), 0o600));
        await simulation.finish(files.writeAtomic('/whole', 'replaced', 0o600));
        host.crash();
        host.restart();
        const log = text(host.disk.peek('/log'));
        assert.equal(log.slice(0, 700), 'x'.repeat(700));
        assert.ok(log.length <= 2700);
        assert.match(log.slice(700), /^[y\0]*$/);
        assert.equal(text(host.disk.peek('/whole')), 'replaced');
        outcomes.add(
          log.length === 700 ? 'lost' : log.includes('\0') ? 'torn' : log.length === 2700 ? 'kept' : 'prefix',
        );
      }
      assert.deepEqual([...outcomes].sort(), ['kept', 'lost', 'prefix', 'torn']);
    });

    it('has the old or the new file when a replacement is interrupted', async () => {
      const found = new Set<string>();
      for (let seed = 0; seed < 40; seed++) {
        const simulation = createSimulation(seed);
        const host = simulation.host('a');
        host.disk.put('/file', 'old');
        void host.world.files.writeAtomic('/file', 'new', 0o600);
        host.crash();
        found.add(text(host.disk.peek('/file')));
      }
      assert.deepEqual([...found].sort(), ['new', 'old']);
    });

    it('keeps what was written when only the program is killed', async () => {
      const simulation = createSimulation(1);
      const host = simulation.host('a');
      await simulation.finish(host.world.files.append('/log', bytes('not synced'), 0o600));
      host.kill();
      assert.equal(text(host.disk.peek('/log')), 'not synced');
    });
  });

  describe('a disk', () => {
    it('fails as it is told to', async () => {
      const simulation = createSimulation(1);
      const { disk, world } = simulation.host('a');
      const fails = (work: Promise<unknown>, code: string): Promise<void> =>
        assert.rejects(simulation.finish(work), { name: 'FileError', code, path: '/file' });
      disk.put('/file', '12345');
      disk.faults.readErrors = 1;
      await fails(world.files.read('/file', 10), 'io');
      disk.faults.readErrors = 0;
      disk.faults.writeErrors = 1;
      await fails(world.files.writeAtomic('/file', 'new', 0o600), 'io');
      await fails(world.files.append('/file', bytes('new'), 0o600), 'io');
      disk.faults.writeErrors = 0;
      disk.faults.syncErrors = 1;
      await fails(world.files.sync('/file'), 'io');
      disk.faults.syncErrors = 0;
      disk.put('/file', '12345');
      disk.faults.capacityBytes = 8;
      await fails(world.files.append('/file', bytes('6789'), 0o600), 'no-space');
      assert.equal(text(disk.peek('/file')), '12345678');
      await fails(world.files.writeAtomic('/file', '123456789', 0o600), 'no-space');
      await simulation.finish(world.files.writeAtomic('/file', '12345678', 0o600));
      disk.rot('/file');
      assert.notEqual(text(disk.peek('/file')), '12345678');
    });

    it('holds everything up while it is stuck', async () => {
      const simulation = createSimulation(1);
      const { disk, world } = simulation.host('a');
      disk.put('/file', 'x');
      disk.faults.stuck = true;
      let read = false;
      void world.files.read('/file', 10).then(() => {
        read = true;
      });
      await simulation.run(10_000);
      assert.equal(read, false);
      disk.faults.stuck = false;
      await simulation.run(20);
      assert.equal(read, true);
    });

    it('forgets what a failed sync should have written, as Linux does', async () => {
      const kept = new Set<string>();
      for (let seed = 0; seed < 40; seed++) {
        const simulation = createSimulation(seed);
        const host = simulation.host('a');
        const { files } = host.world;
        host.disk.put('/log', 'ok');
        await simulation.finish(files.append('/log', bytes('lost'), 0o600));
        host.disk.faults.syncErrors = 1;
        await assert.rejects(simulation.finish(files.sync('/log')));
        host.disk.faults.syncErrors = 0;
        await simulation.finish(files.sync('/log'));
        assert.equal(text(host.disk.peek('/log')), 'oklost');
        host.crash();
        kept.add(text(host.disk.peek('/log')));
      }
      assert.ok(![...kept].some((content) => content.includes('lost')), [...kept].join(' '));
    });

    it('lets a journal lose nothing that it acknowledged, whatever happens', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 6 }), async (seed, crashes) => {
          const simulation = createSimulation(seed);
          const host = simulation.host('a');
          host.disk.faults.syncErrors = 0.05;
          host.disk.faults.writeErrors = 0.05;
          let acknowledged = 0;
          let asked = 0;
          const write = async (world: World): Promise<void> => {
            const journal = await world.journals.open('/journal', journalOptions({ create: true }));
            for (;;) {
              const number = ++asked;
              const fields = JSON.stringify({ number, pad: 'p'.repeat(world.random.integer(2000)) });
              try {
                await journal.append({ generation: number, changes: [{ class: 'VM', ref: 'r', fields }] });
                acknowledged = number;
              } catch {
                await world.clock.sleep(1);
              }
            }
          };
          for (let crash = 0; crash < crashes; crash++) {
            void write(host.world).catch(() => undefined);
            await simulation.run(simulation.chance.between(0, 60));
            if (simulation.chance.chance(0.7)) host.crash();
            else host.kill();
            host.restart();
            host.disk.faults.readErrors = 0;
            const atLeast = acknowledged;
            const calm = { ...host.disk.faults };
            Object.assign(host.disk.faults, { syncErrors: 0, writeErrors: 0 });
            const journal = await simulation.finish(
              host.world.journals.open('/journal', journalOptions({ create: true })),
            );
            const [object] = await simulation.finish(loaded(journal));
            const found = object === undefined ? 0 : (JSON.parse(object.fields) as { number: number }).number;
            assert.ok(found >= atLeast && found <= asked, `found ${found}, acknowledged ${atLeast}, asked ${asked}`);
            await simulation.finish(journal.close());
            Object.assign(host.disk.faults, calm);
          }
        }),
        { numRuns: 40 },
      );
    });
  });

  describe('the network', () => {
    let simulation: Simulation;
    let a: SimulatedHost;
    let b: SimulatedHost;
    let aborted: number;

    beforeEach(async () => {
      simulation = createSimulation(11);
      a = simulation.host('a');
      b = simulation.host('b');
      aborted = 0;
      await listen(simulation, b, async (request) => {
        request.signal.addEventListener('abort', () => {
          aborted++;
        });
        if (request.path === '/slow') await b.world.clock.sleep(60_000);
        return { status: 200, headers: {}, body: `${request.peer.transport} ${request.peer.address}` };
      });
    });

    const reason = async (made: Promise<unknown>): Promise<string> => {
      try {
        await simulation.finish(made);
        return 'none';
      } catch (error) {
        return (error as { reason: string }).reason;
      }
    };

    it('finds hosts by name and address', async () => {
      assert.equal(text((await simulation.finish(call(a.world, 'b'))).body), `tls ${a.address}`);
      assert.equal((await simulation.finish(call(a.world, b.address))).status, 200);
      assert.equal((await simulation.finish(call(b.world, '127.0.0.1'))).status, 200);
      assert.equal(await reason(call(a.world, 'nobody')), 'unreachable');
      assert.equal(await reason(call(a.world, 'b:444')), 'unreachable');
    });

    it('takes as long as its links', async () => {
      Object.assign(simulation.network.link('a', 'b'), { latencyMs: [100, 100] });
      Object.assign(simulation.network.link('b', 'a'), { latencyMs: [50, 50] });
      const startMs = simulation.nowMs;
      await simulation.finish(call(a.world, 'b'));
      assert.equal(Math.round(simulation.nowMs - startMs), 150);
    });

    it('is slow where messages are lost, and does not lose any for good', async () => {
      simulation.network.link('a', 'b').loss = 0.5;
      simulation.network.link('b', 'a').loss = 0.5;
      const startMs = simulation.nowMs;
      for (let count = 0; count < 20; count++) await simulation.finish(call(a.world, 'b', 600_000));
      assert.ok(simulation.nowMs - startMs > 2000);
    });

    it('lets nothing through where it is cut, one way too', async () => {
      simulation.network.cut('b', 'a');
      assert.equal(await reason(call(a.world, 'b')), 'timed-out');
      // The request came, the reply could not: the server heard at last that the caller gave up.
      await simulation.run(1000);
      assert.equal(aborted, 1);
      simulation.network.heal();
      simulation.network.partition(['a'], ['b']);
      assert.equal(await reason(call(a.world, 'b')), 'timed-out');
      simulation.network.heal();
      assert.equal((await simulation.finish(call(a.world, 'b'))).status, 200);
    });

    it('brings a reply when a cut is mended in time', async () => {
      simulation.network.partition(['a'], ['b']);
      const made = call(a.world, 'b', 60_000);
      await simulation.run(2000);
      simulation.network.heal();
      assert.equal((await simulation.finish(made)).status, 200);
    });

    it('breaks the call when the server is killed, and leaves it waiting when it loses power', async () => {
      const killed = call(a.world, 'b', 100_000, '/slow');
      await simulation.run(100);
      b.kill();
      assert.equal(await reason(killed), 'broken');
      assert.equal(await reason(call(a.world, 'b')), 'unreachable');
      b.crash();
      const startMs = simulation.nowMs;
      assert.equal(await reason(call(a.world, 'b', 3_000)), 'timed-out');
      assert.equal(Math.round(simulation.nowMs - startMs), 3_000);
    });

    it('tells the server that its caller was killed', async () => {
      void call(a.world, 'b', 100_000, '/slow');
      await simulation.run(100);
      a.kill();
      await simulation.run(100);
      assert.equal(aborted, 1);
    });

    it('does not bring a reply to a later life of the caller', async () => {
      const made = call(a.world, 'b', 100_000, '/slow');
      let settled = false;
      const settle = (): void => {
        settled = true;
      };
      made.then(settle, settle);
      await simulation.run(100);
      a.crash();
      a.restart();
      await simulation.run(200_000);
      assert.equal(settled, false);
    });
  });

  describe('the bus of a host', () => {
    const call = { service: 's', path: '/p', interface: 'i', member: 'm', timeoutMs: 1000 };

    it('is not there until it is connected, and answers what it was taught', async () => {
      const simulation = createSimulation(1);
      const { bus, world } = simulation.host('a');
      const states: boolean[] = [];
      world.bus.onState(({ connected }) => states.push(connected));
      await assert.rejects(simulation.finish(world.bus.call(call)), { name: 'BusError', reason: 'absent' });
      bus.connect();
      await assert.rejects(simulation.finish(world.bus.call(call)), { reason: 'error', errorName: /ServiceUnknown$/ });
      bus.methods.set('s i.m', (args) => [args.length, 'answer']);
      assert.deepEqual(await simulation.finish(world.bus.call({ ...call, args: [1, 2] })), [2, 'answer']);
      bus.methods.set('s i.m', () => new Promise(() => undefined));
      await assert.rejects(simulation.finish(world.bus.call(call)), { reason: 'timed-out' });
      bus.disconnect();
      await simulation.run(10);
      assert.deepEqual(states, [true, false]);
    });

    it('delivers the signals that fit, to the living', async () => {
      const simulation = createSimulation(1);
      const host = simulation.host('a');
      const received: unknown[] = [];
      host.bus.connect();
      host.world.bus.subscribe({ sender: 's', member: 'm' }, ({ args }) => received.push(...args));
      host.world.bus.subscribe({ sender: 's', path: '/other' }, () => received.push('other'))();
      const signal = { path: '/p', interface: 'i', member: 'm', args: [1] };
      host.bus.emit('s', signal);
      host.bus.emit('other', signal);
      host.bus.emit('s', { ...signal, member: 'n' });
      await simulation.run(10);
      host.bus.emit('s', signal);
      host.kill();
      host.restart();
      host.bus.emit('s', signal);
      await simulation.run(10);
      assert.deepEqual(received, [1]);
    });
  });

  it('runs many hosts at a bearable cost', async () => {
    const simulation = createSimulation(1);
    const hosts = Array.from({ length: 16 }, (_, index) => simulation.host(`host-${index}`));
    let ticks = 0;
    for (const { world } of hosts) {
      const tick = (): void => {
        ticks++;
        world.clock.after(1000, tick);
      };
      tick();
    }
    await simulation.run(1_000_000);
    assert.ok(ticks > 15_000);
  });
});
