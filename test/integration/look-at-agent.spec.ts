import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks } from '../../src/doctor/checks.ts';
import type { AgentStatus } from '../../src/service/agent-status.ts';
import { settingDefinitions } from '../../src/settings/table.ts';
import { quorate, type Ran } from '../lib/command-line.ts';

const program = join(import.meta.dirname, '../../src/bin/quorated.ts');

interface ShownSetting {
  readonly key: string;
  readonly value: string;
  readonly source: string;
  readonly default: string;
  readonly waiting?: { readonly value: string; readonly source: string };
}

interface Shown {
  readonly running: boolean;
  readonly refused: readonly string[];
  readonly settings: readonly ShownSetting[];
}

describe('looking at an agent', () => {
  let directory: string;
  let own: string;
  let file: string;
  let child: ChildProcess;
  let output = '';
  // The bus of the machine that runs the tests is out of bounds.
  const environment = { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' };
  const run = (...words: readonly string[]): Promise<Ran> => quorate(['--dir', own, ...words], { environment });
  const shown = async (...words: readonly string[]): Promise<Shown> =>
    JSON.parse((await run('config', 'show', '--json', ...words)).stdout) as Shown;

  async function logged(event: string): Promise<void> {
    while (!output.includes(` ${event}: `)) {
      const ended = await Promise.race([once(child.stdout ?? child, 'data').then(() => false), once(child, 'exit')]);
      if (ended !== false) throw new Error(`it ended: ${output}`);
    }
  }

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quorate-look-'));
    own = join(directory, 'agent');
    file = join(directory, 'xapi.conf');
    await writeFile(file, '\nsessions-per-user = 7\n');
    const args = [program, '--dir', own, '--config', file, '--listen', '127.0.0.1:0'];
    const env = { PATH: process.env['PATH'] ?? '', QUORATE_PENDING_TASK_TIMEOUT: '100', ...environment };
    child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => (output += piece.toString()));
    await logged('agent-started');
  });

  after(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  });

  it('shows every setting, with where it comes from', async () => {
    const { running, settings } = await shown();
    assert.equal(running, true);
    assert.deepEqual(
      settings.map(({ key }) => key),
      Object.keys(settingDefinitions),
    );
    const source = (key: string): string | undefined => settings.find((one) => one.key === key)?.source;
    assert.equal(source('sessions-per-user'), `${file}, line 2`);
    assert.equal(source('pending_task_timeout'), 'QUORATE_PENDING_TASK_TIMEOUT');
    assert.equal(source('listen'), '--listen');
    assert.equal(source('directory'), '--dir');
    assert.equal(source('log-level'), 'default');
  });

  it('shows one setting in words', async () => {
    const { stdout } = await run('config', 'show', 'sessions-per-user');
    assert.match(stdout, /^In force in the agent that runs; the settings file is .*xapi\.conf\.$/m);
    assert.match(stdout, /^sessions-per-user = 7\n {2}from .*xapi\.conf, line 2; the default is 500$/m);
  });

  it('says how the agent and its host are', async () => {
    const { stdout, code } = await run('status', '--json');
    assert.equal(code, 0);
    const { agent } = JSON.parse(stdout) as { agent: AgentStatus };
    assert.equal(agent.addresses[0], join(own, 'xapi'));
    assert.equal(agent.addresses.length, 2);
    assert.ok(agent.uptimeMs > 0);
    const text = (await run('status')).stdout;
    assert.match(text, /^up for +\d+ seconds?$/m);
    assert.match(text, /^high availability +off$/m);
  });

  it('counts what the doctor would find on the machine', async () => {
    type Found = readonly { readonly check: string; readonly state: string }[];
    const trouble = (found: Found): readonly string[] =>
      found
        .filter(
          ({ check, state }) => state !== 'ok' && !['agent', 'disk-latency', 'certificate', 'time'].includes(check),
        )
        .map(({ check, state }) => `${check} ${state}`);
    const { machine } = JSON.parse((await run('status', '--json')).stdout) as { machine: Found };
    const { findings } = JSON.parse((await run('doctor', '--json')).stdout) as { findings: Found };
    assert.deepEqual(trouble(machine), trouble(findings));
    const line = /^machine +(.*)$/m.exec((await run('status')).stdout)?.[1];
    if (machine.length === 0) assert.equal(line, undefined);
    else assert.match(line ?? '', /^(?:\d+ (?:problem|warning)s?(?: and )?)+: quorate doctor tells them\./);
  });

  it('tells of settings that wait for a new start, and of those that cannot be used', async () => {
    await writeFile(file, 'pam-service = other\n');
    await logged('settings-need-restart');
    const [setting] = (await shown('pam-service')).settings;
    assert.deepEqual(setting?.waiting, { value: 'other', source: `${file}, line 1` });
    assert.equal(setting?.value, 'xapi');
    assert.match((await run('config', 'show', 'pam-service')).stdout, /Needs a restart: .* line 1 has other/);
    assert.match((await run('status')).stdout, /^warning {2}Changed settings wait .*: pam-service\.$/m);
    await writeFile(file, 'pam-servise = other\n');
    await logged('settings-refused');
    assert.match(
      (await run('status')).stdout,
      /^problem {2}The settings are not in force: .*Did you mean pam-service\?$/m,
    );
    assert.equal((await shown()).refused.length, 1);
  });

  it('examines this machine and leaves nothing on it', async () => {
    const before = await readdir(own);
    const { stdout, code } = await run('doctor', '--json');
    const { state, findings } = JSON.parse(stdout) as {
      state: string;
      findings: readonly { check: string; state: string }[];
    };
    assert.equal(code, ['ok', 'warning', 'problem'].indexOf(state));
    const seen = new Set(findings.map(({ check }) => check));
    // While settings are refused the agent itself says so.
    for (const { name } of checks) assert.ok(seen.has(name) || name === 'settings', name);
    assert.deepEqual(
      (await readdir(own)).filter((name) => name.includes('doctor')),
      [],
    );
    assert.ok(before.length > 0);
    const one = await run('doctor', 'node');
    assert.equal(one.code, 0);
    assert.match(one.stdout, /^ok +node +Node\.js .*\n\nAll is well\.\n$/);
  });

  it('also works when there is no agent', async () => {
    const stopped = (...words: readonly string[]): Promise<Ran> =>
      quorate(['--dir', join(directory, 'none'), ...words], { environment });
    await mkdir(join(directory, 'none'));
    const config = await stopped('config', 'show', `file=${join(directory, 'broken.conf')}`);
    assert.equal(config.code, 1);
    assert.match(config.stderr, /There is no file .*broken\.conf/);
    await writeFile(join(directory, 'broken.conf'), 'log-level = debug\n');
    const again = await stopped('config', 'show', 'log-level', `file=${join(directory, 'broken.conf')}`);
    assert.match(again.stdout, /^No agent answers; .*\n\nlog-level = debug\n {2}from .*broken\.conf, line 1/);
    const doctor = await stopped('doctor', 'agent');
    assert.equal(doctor.code, 2);
    assert.match(doctor.stdout, /^problem +agent +No agent answers/);
    assert.equal((await stopped('status')).code, 3);
    assert.equal((await stopped('doctor', 'nod')).code, 2);
  });
});
