import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinuxWorld } from '../../src/world/linux/world.ts';
import { ApiClient } from '../lib/api-client.ts';
import { EventStream } from '../lib/event-stream.ts';
import { Namespace } from '../lib/namespace.ts';
import { skip } from '../lib/skip.ts';

/** What stands in front of the real tools: says what it is told to say, and otherwise is the real one. */
const shim = (state: string): string => `#!/bin/sh
tool=\${0##*/}
PATH=/usr/sbin:/usr/bin:/sbin:/bin
case "$(cat '${state}')" in
hang) exec sleep 600 ;;
garbage) head -c 20000 /dev/urandom; exit 0 ;;
flood) exec yes '[{"ifindex":1' ;;
fail) echo 'RTNETLINK answers: Operation not permitted' >&2; exit 2 ;;
killed) kill -KILL $$ ;;
esac
exec "$tool" "$@"
`;

describe('the inventory, when a tool lets it down', function () {
  this.timeout(120_000);
  const world = createLinuxWorld({ log: { level: 'error' } });
  const directory = mkdtempSync(join(tmpdir(), 'quorate-faults-'));
  const state = join(directory, 'state');
  const shims = join(directory, 'shims');
  let space: Namespace | undefined;
  let daemon: ChildProcess;
  let api: ApiClient;
  let events: EventStream;
  let mtu = 1400;

  before(async function () {
    const made = await Namespace.create('faults');
    if (typeof made === 'string') skip(this, made);
    space = made;
    mkdirSync(shims);
    writeFileSync(state, 'real');
    for (const tool of ['ip', 'ethtool', 'lspci', 'dmidecode']) {
      writeFileSync(join(shims, tool), shim(state));
      chmodSync(join(shims, tool), 0o755);
    }
    await made.ip('link', 'add', 'nic0', 'type', 'veth', 'peer', 'name', 'peer0');
    const config = join(directory, 'xapi.conf');
    writeFileSync(config, 'host-figures-interval = 0\nhost-scan-interval = 0.5\n');
    const program = join(import.meta.dirname, '../../src/bin/quorated.ts');
    const [command, ...rest] = [...made.prefix, '/usr/bin/env', `PATH=${shims}`, process.execPath, program];
    daemon = spawn(command, [...rest, '--dir', directory, '--config', config], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    daemon.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    while (!said.includes('is up')) {
      const ended = once(daemon, 'exit').then(() => assert.fail(`it ended: ${said}`));
      await Promise.race([once(daemon.stdout ?? assert.fail(), 'data'), ended]);
    }
    api = await new ApiClient(world.http, { socketPath: join(directory, 'xapi') }).login();
    events = await new EventStream(api, ['PIF']).begin();
  });
  after(async () => {
    if (daemon !== undefined && daemon.exitCode === null && daemon.signalCode === null) {
      daemon.kill('SIGTERM');
      await once(daemon, 'exit');
    }
    await space?.remove();
    await world.close();
    rmSync(directory, { recursive: true });
  });

  const log = (): string => readFileSync(join(directory, 'log', 'quorated.log'), 'utf8');

  const count = (pattern: RegExp): number => [...log().matchAll(pattern)].length;

  /** Waits until the log has so many lines that match. */
  async function logged(pattern: RegExp, times = 1): Promise<void> {
    const endMs = performance.now() + 30_000;
    while (count(pattern) < times) {
      if (performance.now() > endMs) assert.fail(`the log does not say ${String(pattern)}:\n${log()}`);
      await world.clock.sleep(50);
    }
  }

  const change = async (): Promise<void> => {
    mtu -= 10;
    await space?.ip('link', 'set', 'nic0', 'mtu', String(mtu));
  };
  const told = async (): Promise<void> => {
    const wanted = mtu;
    await events.until(`an MTU of ${wanted}`, (all) =>
      all.some(({ snapshot }) => snapshot?.['device'] === 'nic0' && snapshot['MTU'] === wanted),
    );
  };

  it('tells of changes while all is well', async () => {
    await change();
    await told();
  });

  const faults: readonly (readonly [string, RegExp])[] = [
    ['hang', /inventory-source-lost.*it did not end within/g],
    ['garbage', /inventory-source-lost.*its output is not understood/g],
    ['flood', /inventory-source-lost.*(?:it printed more than|it did not end within)/g],
    ['fail', /inventory-source-lost.*it ended with 2/g],
    ['killed', /inventory-source-lost.*it ended with SIGKILL/g],
  ];
  for (const [fault, sentence] of faults) {
    it(`says so once when ip has the fault "${fault}", answers meanwhile, and recovers by itself`, async () => {
      const [back, lost] = [count(/inventory-source-back/g), count(sentence)];
      writeFileSync(state, fault);
      await change();
      await logged(sentence, lost + 1);
      assert.equal(Object.keys(await api.call<object>('PIF.get_all_records')).length, 2, 'what was known stays known');
      writeFileSync(state, 'real');
      await told();
      await logged(/inventory-source-back/g, back + 1);
    });
  }

  it('says once that ip is gone, and takes it up when it is there again', async () => {
    renameSync(join(shims, 'ip'), join(shims, 'away'));
    await change();
    await logged(/inventory-source-lost.*it is not installed/g);
    renameSync(join(shims, 'away'), join(shims, 'ip'));
    await told();
  });

  it('starts the program anew that tells of changes when it is killed', async () => {
    const pid = monitorOf(daemon);
    process.kill(pid, 'SIGKILL');
    await logged(/inventory-watch-lost.*it was ended by SIGKILL/g);
    await change();
    await told();
    const endMs = performance.now() + 20_000;
    while (monitorOf(daemon, 0) === 0 && performance.now() < endMs) await world.clock.sleep(50);
    assert.notEqual(monitorOf(daemon, 0), 0);
    await change();
    await told();
  });

  it('takes that program along when the agent is killed', async () => {
    const pid = monitorOf(daemon);
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
    const endMs = performance.now() + 20_000;
    while (isAlive(pid) && performance.now() < endMs) await world.clock.sleep(20);
    assert.equal(isAlive(pid), false);
  });
});

/** The process of `ip monitor` that the daemon follows. */
function monitorOf(daemon: ChildProcess, otherwise?: number): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      if (Number(parent) === daemon.pid && words.includes('monitor')) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return otherwise ?? assert.fail('nobody tells of changes');
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
