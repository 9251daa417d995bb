import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../src/bin/quorated.ts');

describe('settings while the agent runs', () => {
  let directory: string;
  let file: string;
  let child: ChildProcess;
  let output: string;

  const lines = (event: string): readonly string[] => output.split('\n').filter((line) => line.includes(` ${event}: `));

  /** Resolves when the log has so many lines of an event, to the last of them. */
  async function logged(event: string, count = 1): Promise<string> {
    while (lines(event).length < count) {
      const ended = await Promise.race([once(child.stdout ?? child, 'data').then(() => false), once(child, 'exit')]);
      if (ended !== false) throw new Error(`it ended: ${output}`);
    }
    return lines(event).at(-1) ?? '';
  }

  function connects(address: string): Promise<boolean> {
    const { hostname, port } = new URL(`https://${address}`);
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname);
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quorate-settings-'));
    file = join(directory, 'xapi.conf');
    output = '';
    await writeFile(file, 'log-level = info\n');
    const args = [program, '--dir', join(directory, 'agent'), '--config', file];
    const env = { PATH: process.env['PATH'] ?? '', DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' };
    child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => (output += piece.toString()));
    await logged('agent-started');
  });

  afterEach(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  });

  it('are taken up when the file changes', async () => {
    await writeFile(file, 'log-level = debug\nsessions-per-user = 7\n');
    assert.match(await logged('settings-reloaded'), /sessions-per-user = 7.*log-level = debug/);
  });

  it('stay as they were when the file is broken, and say why', async () => {
    await writeFile(file, 'log-level = debug\nsesions-per-user = 7\nlisten = nowhere\n');
    const refused = await logged('settings-refused');
    assert.match(refused, /line 2: there is no setting .*sesions-per-user.*\. Did you mean sessions-per-user\?/);
    assert.match(refused, /line 3: .*listen.* must be addresses/);
    assert.equal(lines('settings-reloaded').length, 0);
    await writeFile(file, 'log-level = debug\n');
    assert.match(await logged('settings-reloaded'), /log-level = debug/);
  });

  it('tell which of them wait for a new start', async () => {
    await writeFile(file, 'log-level = debug\npam-service = other\n');
    assert.match(await logged('settings-reloaded'), /log-level = debug/);
    assert.match(await logged('settings-need-restart'), /pam-service/);
  });

  it('are read from the files of the directory beside the file, in the order of their names', async () => {
    await mkdir(`${file}.d`);
    await writeFile(`${file}.d/20-more.conf`, 'log-level = debug\n');
    assert.match(await logged('settings-reloaded'), /log-level = debug/);
    await writeFile(`${file}.d/10-less.conf`, 'log-level = error\n');
    await writeFile(`${file}.d/30-wrong.conf`, 'log-level = loud\n');
    assert.match(await logged('settings-refused'), /30-wrong\.conf, line 1/);
    // Without the wrong one the later of the others counts, as it did before.
    await rm(`${file}.d/30-wrong.conf`);
    assert.match(await logged('settings-reloaded', 2), /those in force are the same/);
    // Also when it is written in place.
    await writeFile(`${file}.d/20-more.conf`, 'log-level = info\nsessions-per-user = 9\n');
    assert.match(await logged('settings-reloaded', 3), /sessions-per-user = 9/);
  });

  it('open and close addresses, and leave all as it was when one cannot be had', async () => {
    const own = join(directory, 'agent/tls/certificate.pem');
    await writeFile(file, 'listen = 127.0.0.1:0\n');
    await logged('settings-reloaded');
    const certificate = await readFile(own, 'utf8');
    assert.match(certificate, /BEGIN CERTIFICATE/);
    await writeFile(file, 'listen = 127.0.0.1:0 192.0.2.1:1\n');
    assert.match(await logged('settings-refused'), /192\.0\.2\.1/);
    await writeFile(file, 'certificate = /nonexistent/certificate.pem\nlisten = 127.0.0.1:0\n');
    assert.match(await logged('settings-refused', 2), /nonexistent/);
    await writeFile(file, 'listen =\n');
    await logged('settings-reloaded', 2);
    assert.equal(await readFile(own, 'utf8'), certificate);
    assert.equal(await connects('127.0.0.1:1'), false);
  });
});
