import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../src/lib/version.ts';
import { createLinuxWorld } from '../../src/world/linux/world.ts';
import { ApiClient } from '../lib/api-client.ts';

const program = join(import.meta.dirname, '../../src/bin/quorated.ts');

/** The daemon as a process, and all that it said. */
class Daemon {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** Waits until it says that it is up. */
  async up(): Promise<this> {
    const ended = once(this.child, 'close').then(() => assert.fail(`the daemon ended: ${this.stdout}${this.stderr}`));
    while (!this.stdout.includes('Stop it with Ctrl-C.')) {
      await Promise.race([once(this.child.stdout ?? assert.fail(), 'data'), ended]);
    }
    ended.catch(() => undefined);
    return this;
  }

  /** Waits until it has ended. */
  async code(): Promise<number | null> {
    const [code] = (await once(this.child, 'close')) as [number | null];
    return code;
  }
}

describe('the daemon', function () {
  this.timeout(60_000);
  let directory: string;
  const running: Daemon[] = [];
  const start = (...args: string[]): Daemon => {
    const daemon = new Daemon(args);
    running.push(daemon);
    return daemon;
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-daemon-'));
  });
  afterEach(async () => {
    for (const { child } of running.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    rmSync(directory, { recursive: true, force: true });
  });

  it('says where it listens, answers there, and stops when it is told to', async () => {
    const world = createLinuxWorld({ log: { level: 'error' } });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const daemon = await start('--dir', directory, '--listen', '127.0.0.1:0', '--listen', '127.0.0.2:0').up();
      const socketPath = join(directory, 'xapi');
      assert.ok(daemon.stdout.includes(socketPath));
      assert.match(daemon.stdout, /https:\/\/127\.0\.0\.1:\d+/);
      assert.match(daemon.stdout, /https:\/\/127\.0\.0\.2:\d+/);
      const client = await new ApiClient(world.http, { socketPath }).login();
      const hosts: unknown = await client.call('host.get_all');
      assert.ok(Array.isArray(hosts) && hosts.length === 1);
      daemon.child.kill(signal);
      assert.equal(await daemon.code(), 0);
    }
    await world.close();
  });

  it('keeps a second one away from the same directory', async () => {
    await start('--dir', directory).up();
    const second = start('--dir', directory);
    assert.equal(await second.code(), 1);
    assert.match(second.stdout + second.stderr, /in use|another agent|locked/i);
  });

  it('reads its settings from a file, and the command line wins', async () => {
    const file = join(directory, 'xapi.conf');
    const socket = join(directory, 'elsewhere');
    writeFileSync(file, `socket = ${socket}\nlog-level = debug\n`);
    const daemon = await start('--dir', directory, '--config', file, '--log-level', 'error').up();
    assert.ok(daemon.stdout.includes(socket));
    assert.ok(!daemon.stdout.includes('agent-started'));
  });

  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an option that there is not', ['--colour'], /--colour/],
    ['an address that is none', ['--listen', 'here'], /--listen: "listen" must be addresses such as/],
    ['a level that there is not', ['--log-level', 'loud'], /must be one of error, warn, info, debug/],
    ['a file that is not there', ['--config', '/nowhere/xapi.conf'], /There is no file \/nowhere\/xapi\.conf/],
  ];
  for (const [what, args, sentence] of wrong) {
    it(`refuses ${what} with a sentence`, async () => {
      const daemon = start('--dir', directory, ...args);
      assert.equal(await daemon.code(), 2);
      assert.match(daemon.stderr, sentence);
    });
  }

  it('refuses a file with a setting that there is not, and names the line', async () => {
    const file = join(directory, 'xapi.conf');
    writeFileSync(file, '# mine\nsocket-path = /tmp/x\n');
    const daemon = start('--config', file);
    assert.equal(await daemon.code(), 2);
    assert.ok(daemon.stderr.includes(`${file}, line 2: there is no setting "socket-path"`));
  });

  it('leaves a damaged database as it is and says so', async () => {
    const file = join(directory, 'state.db');
    const damaged = 'not a database at all. '.repeat(500);
    writeFileSync(file, damaged);
    const daemon = start('--dir', directory);
    assert.equal(await daemon.code(), 1);
    assert.ok((daemon.stdout + daemon.stderr).includes(file));
    assert.equal(readFileSync(file, 'utf8'), damaged);
  });

  it('explains itself', async () => {
    const help = start('--help');
    assert.equal(await help.code(), 0);
    assert.match(help.stdout, /^Usage: quorated \[options\]/);
    const plain = start('--version');
    assert.equal(await plain.code(), 0);
    assert.equal(plain.stdout, `${version}\n`);
  });
});
