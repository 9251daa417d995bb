import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Limits, limits } from '../../src/lib/limits.ts';
import { createBus, type LinuxBus } from '../../src/world/linux/bus.ts';
import { createClock } from '../../src/world/linux/clock.ts';
import { type BusCall, BusError, type BusSignal, BusVariant, type LogLevel } from '../../src/world/world.ts';
import { BusService, dbus, hasDbusDaemon, PrivateBus } from '../lib/private-bus.ts';
import { skip } from '../lib/skip.ts';

const name = 'org.example.Mock';
const member = (method: string, signature = '', args: readonly unknown[] = [], timeoutMs = 5_000): BusCall => ({
  service: name,
  path: '/mock',
  interface: name,
  member: method,
  signature,
  args,
  timeoutMs,
});

const answers = {
  Echo: (args: readonly unknown[]) => ({ signature: 's', body: args }),
  Values: () => ({
    signature: 'tasa{sv}(ib)v',
    body: [
      2n ** 40n,
      ['a', 'b'],
      { one: new dbus.Variant('x', -5n), list: new dbus.Variant('as', ['z']) },
      [7, true],
      new dbus.Variant('v', new dbus.Variant('s', 'deep')),
    ],
  }),
  Join: (args: readonly unknown[]) => ({ signature: 's', body: [JSON.stringify(args)] }),
  Refuse: () => new Error('not today'),
  Hang: () => 'never' as const,
  Die: () => 'die' as const,
};

function isBusError(reason: string, text: RegExp | string = /./): (thrown: unknown) => true {
  return (thrown) => {
    assert.ok(thrown instanceof BusError, String(thrown));
    assert.equal(thrown.reason, reason, thrown.message);
    assert.match(thrown.message, new RegExp(text));
    return true;
  };
}

describe('D-Bus', () => {
  let daemon: PrivateBus;
  let service: BusService;
  let bus: LinuxBus;
  const logged: string[] = [];
  const log = { debugOn: false, write: (_level: LogLevel, event: string) => void logged.push(event) };
  const busAt = (address: string, changed: Partial<Limits> = {}): LinuxBus =>
    createBus({
      clock: createClock(),
      log,
      address,
      limits: { ...limits, busRetryMs: 10, busRetryMostMs: 50, ...changed },
    });

  before(function () {
    if (!hasDbusDaemon()) skip(this, 'dbus-daemon is not installed');
  });
  beforeEach(async () => {
    daemon = await PrivateBus.start();
    service = await BusService.start(daemon.address, name, answers);
    bus = busAt(daemon.address);
  });
  afterEach(async () => {
    bus?.close();
    service?.stop();
    await daemon?.remove();
  });

  const connected = (): Promise<void> =>
    new Promise((resolve) => {
      const stop = bus.onState((state) => {
        if (!state.connected) return;
        stop();
        resolve();
      });
    });

  it('calls, and gives values as plain ones', async () => {
    assert.deepEqual(await bus.call(member('Echo', 's', ['hello'])), ['hello']);
    assert.deepEqual(await bus.call(member('Values')), [
      2 ** 40,
      ['a', 'b'],
      { one: -5, list: ['z'] },
      [7, true],
      'deep',
    ]);
    assert.deepEqual(bus.state, { connected: true, reason: '' });
  });

  it('sends variants and dictionaries', async () => {
    const [text] = await bus.call(
      member('Join', 'sa{sv}v', ['x', { a: new BusVariant('s', 'b') }, new BusVariant('as', ['c', 'd'])]),
    );
    assert.deepEqual(JSON.parse(String(text)), [
      'x',
      { a: { signature: 's', value: 'b' } },
      { signature: 'as', value: ['c', 'd'] },
    ]);
  });

  it('passes errors on by their names', async () => {
    await assert.rejects(bus.call(member('Refuse')), (thrown) => {
      isBusError('error', 'not today')(thrown);
      assert.equal((thrown as BusError).errorName, 'org.example.Error.Refused');
      return true;
    });
    await assert.rejects(bus.call({ ...member('Echo', 's', ['x']), service: 'org.example.Nobody' }), (thrown) => {
      isBusError('error')(thrown);
      assert.match((thrown as BusError).errorName, /ServiceUnknown|NameHasNoOwner/);
      return true;
    });
  });

  it('refuses arguments that do not fit, and goes on', async () => {
    for (const args of [[5], [], ['a', 'b'], [undefined]]) {
      await assert.rejects(bus.call(member('Echo', 's', args)), isBusError('unfit'));
    }
    await assert.rejects(bus.call({ ...member('Echo', 's', ['a']), path: 'no path' }), isBusError('unfit'));
    assert.deepEqual(await bus.call(member('Echo', 's', ['on'])), ['on']);
  });

  it('ends a call that nobody answers at its deadline, and one that is given up at once', async () => {
    await assert.rejects(bus.call(member('Hang', '', [], 50)), isBusError('timed-out', 'within 50 ms'));
    const controller = new AbortController();
    const given = bus.call({ ...member('Hang'), signal: controller.signal });
    controller.abort(new Error('given up'));
    await assert.rejects(given, /given up/);
    assert.deepEqual(await bus.call(member('Echo', 's', ['on'])), ['on']);
  });

  it('lets one service that hangs keep nobody from another', async () => {
    const other = await BusService.start(daemon.address, 'org.example.Other', answers);
    const hanging = Array.from({ length: 300 }, () => bus.call(member('Hang', '', [], 1_500)).catch((e: unknown) => e));
    assert.deepEqual(await bus.call({ ...member('Echo', 's', ['on']), service: 'org.example.Other' }), ['on']);
    for (const outcome of await Promise.all(hanging)) isBusError('timed-out')(outcome);
    assert.equal(service.waiting, limits.busCallsPerService);
    other.stop();
  });

  it('answers a thousand calls at once', async () => {
    const texts = Array.from({ length: 1000 }, (_, index) => `call ${index}`);
    const replies = await Promise.all(texts.map((text) => bus.call(member('Echo', 's', [text]))));
    assert.deepEqual(
      replies,
      texts.map((text) => [text]),
    );
  });

  it('says when too many calls wait', async () => {
    const small = busAt(daemon.address, { busCallsWaiting: 2, busCallsPerService: 1 });
    await small.call(member('Echo', 's', ['connected']));
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => small.call(member('Hang', '', [], 100))));
    const reasons = outcomes.map((o) => (o.status === 'rejected' ? (o.reason as BusError).reason : ''));
    assert.deepEqual(reasons, ['timed-out', 'timed-out', 'timed-out', 'too-busy']);
    small.close();
  });

  it('rejects the call in which the service dies', async () => {
    await assert.rejects(bus.call(member('Die')), isBusError('error'));
  });

  it('rejects what is in flight when the daemon dies, and works again when it is back', async () => {
    const states: string[] = [];
    bus.onState(({ connected: up, reason }) => states.push(`${up} ${reason}`));
    const heard: BusSignal[] = [];
    bus.subscribe({ sender: name, member: 'Tick' }, (signal) => heard.push(signal));
    const lost = assert.rejects(bus.call(member('Hang')), isBusError('lost'));
    while (service.waiting === 0) await new Promise(setImmediate);
    await daemon.kill();
    await lost;
    await assert.rejects(bus.call(member('Echo', 's', ['x'])), isBusError('absent', 'ENOENT'));
    const back = connected();
    await daemon.resume();
    await back;
    service = await BusService.start(daemon.address, name, answers);
    assert.deepEqual(await bus.call(member('Echo', 's', ['again'])), ['again']);
    service.emit('/mock', name, 'Tick', 's', ['tock']);
    await bus.call(member('Echo', 's', ['after']));
    assert.deepEqual(heard, [{ path: '/mock', interface: name, member: 'Tick', args: ['tock'] }]);
    assert.deepEqual(states, ['true ', 'false the daemon closed the connection', 'true ']);
  });

  it('delivers signals that fit, of the sender only, until cancelled', async () => {
    const heard: unknown[] = [];
    const cancel = bus.subscribe({ sender: name, path: '/mock', interface: name, member: 'Tick' }, (signal) => {
      heard.push(signal.args[0]);
      if (signal.args[0] === 'bad') throw new Error('a listener fails');
    });
    await bus.call(member('Echo', 's', ['sync']));
    service.emit('/mock', name, 'Tick', 's', ['one']);
    service.emit('/mock', name, 'Other', 's', ['no']);
    service.emit('/other', name, 'Tick', 's', ['no']);
    service.emit('/mock', name, 'Tick', 's', ['bad']);
    service.emit('/mock', name, 'Tick', 's', ['two']);
    await bus.call(member('Echo', 's', ['sync']));
    assert.deepEqual(heard, ['one', 'bad', 'two']);
    assert.deepEqual(logged, ['bus-listener-failed']);
    cancel();
    await bus.call(member('Echo', 's', ['sync']));
    service.emit('/mock', name, 'Tick', 's', ['late']);
    await bus.call(member('Echo', 's', ['sync']));
    assert.deepEqual(heard, ['one', 'bad', 'two']);
  });

  it('does not believe a signal that somebody else sends under the name of a service', async () => {
    const heard: unknown[] = [];
    bus.subscribe({ sender: name, member: 'Tick' }, (signal) => heard.push(signal.args[0]));
    await bus.call(member('Echo', 's', ['sync']));
    const liar = await BusService.start(daemon.address, 'org.example.Liar', answers);
    liar.emit('/mock', name, 'Tick', 's', ['lie'], ':1.1');
    liar.emit('/mock', name, 'Tick', 's', ['lie']);
    await bus.call({ ...member('Echo', 's', ['sync']), service: 'org.example.Liar' });
    liar.stop();
    // A service that starts anew has another connection, and is believed.
    service.stop();
    service = await BusService.start(daemon.address, name, answers);
    await bus.call(member('Echo', 's', ['sync']));
    service.emit('/mock', name, 'Tick', 's', ['truth']);
    await bus.call(member('Echo', 's', ['sync']));
    assert.deepEqual(heard, ['truth']);
  });

  it('says at once that there is no bus, and at the end that it has ended', async () => {
    const nowhere = busAt(`unix:path=${daemon.directory}/nothing`);
    const told: boolean[] = [];
    nowhere.onState((state) => told.push(state.connected));
    await assert.rejects(nowhere.call(member('Echo', 's', ['x'])), isBusError('absent', 'ENOENT'));
    await assert.rejects(nowhere.call(member('Echo', 's', ['x'])), isBusError('absent', 'ENOENT'));
    assert.match(nowhere.state.reason, /ENOENT/);
    assert.deepEqual(told, [false], 'said once');
    const strange = busAt('tcp:host=localhost,port=1');
    await assert.rejects(strange.call(member('Echo', 's', ['x'])), isBusError('absent', 'names no Unix socket'));
    const hanging = assert.rejects(bus.call(member('Hang')), isBusError('closed'));
    while (service.waiting === 0) await new Promise(setImmediate);
    bus.close();
    await hanging;
    await assert.rejects(bus.call(member('Echo', 's', ['x'])), isBusError('closed'));
  });

  describe('with a daemon that is none', () => {
    let directory: string;
    let server: Server;
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'quorate-bus-'));
    });
    afterEach(async () => {
      server.close();
      await rm(directory, { recursive: true, force: true });
    });
    const serve = async (greeting: string, afterwards: Uint8Array): Promise<string> => {
      server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (piece: Buffer) => {
          if (piece.includes('AUTH')) socket.write(greeting);
          if (piece.includes('BEGIN')) socket.write(afterwards);
        });
      });
      const path = join(directory, 'socket');
      server.listen(path);
      await once(server, 'listening');
      return `unix:path=${path}`;
    };

    it('says what it said instead of a greeting', async () => {
      const strange = busAt(await serve('REJECTED NOTHING\r\n', new Uint8Array()));
      await assert.rejects(strange.call(member('Echo', 's', ['x'])), isBusError('absent', 'refused: REJECTED'));
    });

    it('gives up one that never greets', async () => {
      const silent = busAt(await serve('', new Uint8Array()), { busConnectMs: 50 });
      await assert.rejects(silent.call(member('Echo', 's', ['x'])), isBusError('absent', 'no greeting within 50 ms'));
    });

    it('survives garbage and messages that are too long', async () => {
      const long = Buffer.alloc(64);
      long.write('l');
      long.writeUInt32LE(0x7fff_ffff, 4);
      const strange = Buffer.alloc(4096, 0x41);
      strange.write('l\x02\x00\x01');
      strange.writeUInt32LE(100, 4);
      strange.writeUInt32LE(200, 12);
      for (const bytes of [Buffer.alloc(4096, 0xff), long, strange]) {
        const bus2 = busAt(await serve('OK 0123\r\n', bytes), { busConnectMs: 500 });
        await assert.rejects(bus2.call(member('Echo', 's', ['x'])), isBusError('lost', 'cannot be read|too long'));
        bus2.close();
        server.close();
        await rm(join(directory, 'socket'), { force: true });
      }
    });
  });
});
