import assert from 'node:assert/strict';
import { array, assert as assertAlways, constantFrom, oneof, property, string } from 'fast-check';
import type { Call, Session } from '../../src/api/call.ts';
import { ApiError, deriveDatamodel } from '../../src/datamodel/index.ts';
import { limits } from '../../src/lib/limits.ts';
import { Timings } from '../../src/lib/timings.ts';
import { PamAuthenticator } from '../../src/rpc/authenticator.ts';
import { EventHub } from '../../src/rpc/events.ts';
import { RunningCall } from '../../src/rpc/running-call.ts';
import { TaskTable } from '../../src/rpc/tasks.ts';
import { createSimulation } from '../../src/world/simulated/simulation.ts';
import type { Peer, ProgramResult, World } from '../../src/world/world.ts';
import { testDatabase } from '../lib/database.ts';

const peer: Peer = { transport: 'tls', address: '192.0.2.1', trusted: false };

function sessionNamed(ref: string): Session {
  const signal = new AbortController().signal;
  return {
    ref,
    kind: 'user',
    userName: '',
    originator: '',
    superuser: true,
    role: 'pool-admin',
    subjectIdentifier: '',
    signal,
  };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown.code;
    throw thrown;
  }
  return 'nothing thrown';
}

function simulatedWorld(): World {
  return createSimulation(1).host('one').world;
}

describe('limits of the API', () => {
  it('bound the subscribers that wait, all together', async () => {
    const { database } = await testDatabase();
    const hub = new EventHub({
      world: simulatedWorld(),
      database,
      datamodel: deriveDatamodel(),
      timings: new Timings(),
    });
    const from = hub.from(sessionNamed('start'), ['VM'], '', 0, () => new AbortController().signal);
    assert.ok(!(from instanceof Promise));
    const token = from.from?.token ?? '';
    const waits: Promise<unknown>[] = [];
    for (let count = 0; count < limits.eventWaiters; count += 1) {
      const session = sessionNamed(`session ${Math.floor(count / limits.eventWaitersPerSession)}`);
      waits.push(Promise.resolve(hub.from(session, ['VM'], token, 60, () => session.signal)));
    }
    assert.equal(hub.waiting, limits.eventWaiters);
    const late = Promise.resolve(hub.from(sessionNamed('late'), ['VM'], token, 60, () => new AbortController().signal));
    await assert.rejects(late, (thrown) => thrown instanceof ApiError && thrown.code === 'TOO_BUSY');
    database.transaction((tx) => tx.create('VM', {}));
    await Promise.all(waits);
    assert.equal(hub.waiting, 0);
    hub.close();
  });

  it('bound the classes of one subscription', async () => {
    const { database } = await testDatabase();
    const hub = new EventHub({
      world: simulatedWorld(),
      database,
      datamodel: deriveDatamodel(),
      timings: new Timings(),
    });
    const session = sessionNamed('s');
    const classes = Array.from({ length: limits.eventClasses + 1 }, (_, index) => `vm/OpaqueRef:${index}`);
    assert.equal(
      codeOf(() => hub.from(session, classes, '', 0, () => session.signal)),
      'EVENT_SUBSCRIPTION_PARSE_FAILURE',
    );
    assert.equal(
      codeOf(() => hub.from(session, classes.slice(1), '', 0, () => session.signal)),
      'nothing thrown',
    );
    assert.equal(
      codeOf(() => hub.register(session, classes)),
      'EVENT_SUBSCRIPTION_PARSE_FAILURE',
    );
    hub.close();
  });

  it('take any classes and token, or refuse them as what they are', async () => {
    const { database } = await testDatabase();
    const hub = new EventHub({
      world: simulatedWorld(),
      database,
      datamodel: deriveDatamodel(),
      timings: new Timings(),
    });
    const session = sessionNamed('s');
    const name = oneof(
      string(),
      constantFrom('*', 'VM', 'vm', 'vm/', '/', 'vm/x', 'pool/OpaqueRef:NULL', '__proto__', 'vm/x/y'),
    );
    const digits = constantFrom(
      '0',
      '1',
      '00000000000000000001',
      '99999999999999999999',
      '9007199254740993',
      '-1',
      '1e3',
      ' 1',
    );
    const token = oneof(
      string(),
      digits,
      array(digits, { minLength: 2, maxLength: 3 }).map((parts) => parts.join(',')),
    );
    const known = [
      'nothing thrown',
      'EVENT_SUBSCRIPTION_PARSE_FAILURE',
      'EVENT_FROM_TOKEN_PARSE_FAILURE',
      'EVENTS_LOST',
    ];
    assertAlways(
      property(array(name, { maxLength: 5 }), token, (classes, text) => {
        const code = codeOf(() => hub.from(session, classes, text, 0, () => session.signal));
        assert.ok(known.includes(code), code);
      }),
      { numRuns: 5000 },
    );
    hub.close();
  });

  it('bound the tasks that are pending', async () => {
    const { database } = await testDatabase();
    const tasks = new TaskTable({ world: simulatedWorld(), database, hostRef: 'OpaqueRef:NULL' });
    for (let count = 0; count < limits.tasksPending + limits.tasksKept; count += 1) tasks.create('t', '', undefined);
    assert.equal(
      codeOf(() => tasks.create('one too many', '', undefined)),
      'TOO_BUSY',
    );
    tasks.close();
  });

  it('bound the password checks that run and that wait, and the length of a password', async () => {
    const world = simulatedWorld();
    let running = 0;
    let most = 0;
    const pending: (() => void)[] = [];
    const result: ProgramResult = {
      exitCode: 0,
      signal: undefined,
      timedOut: false,
      stdout: '0',
      stderr: '',
      truncated: false,
    };
    const run = (): Promise<ProgramResult> => {
      running += 1;
      most = Math.max(most, running);
      return new Promise((resolve) => {
        pending.push(() => {
          running -= 1;
          resolve(result);
        });
      });
    };
    const authenticator = new PamAuthenticator({
      world: { ...world, programs: { ...world.programs, run } },
      service: 'xapi',
    });
    const room = limits.passwordChecksAtOnce + limits.passwordChecksWaiting;
    const checks = Array.from({ length: room }, () => authenticator.check(peer, 'root', 'right'));
    await assert.rejects(authenticator.check(peer, 'root', 'right'), /SESSION_AUTHENTICATION_FAILED/);
    // Each check runs several programs; what is started is finished turn by turn.
    const finishing = setInterval(() => {
      for (const finish of pending.splice(0)) finish();
    }, 0);
    await Promise.all(checks);
    clearInterval(finishing);
    assert.equal(most, limits.passwordChecksAtOnce);
    const before = pending.length;
    await assert.rejects(
      authenticator.check(peer, 'root', 'x'.repeat(limits.passwordBytes + 1)),
      /SESSION_AUTHENTICATION/,
    );
    assert.equal(pending.length, before);
  });

  it('bound calls within calls', async () => {
    const { database } = await testDatabase();
    const datamodel = deriveDatamodel();
    const message = datamodel.messages.get('VM.start');
    assert.ok(message !== undefined);
    let depth = 0;
    const again = (call: Call): Promise<unknown> => {
      depth += 1;
      return call.invoke('VM.start', {});
    };
    const method = { message, unmarshal: [], run: again, hasTask: true, guarded: undefined };
    const services = { database, datamodel, table: { methods: new Map([['VM.start', method]]), listed: [] } };
    const circumstances = { session: sessionNamed('s'), peer, task: undefined, endedBy: () => [], depth: 0 };
    const call = new RunningCall(services as never, message, circumstances);
    await assert.rejects(Promise.resolve(call.finish(again, {})), /too many calls within VM\.start/);
    assert.equal(depth, limits.nestedCalls + 1);
  });
});
