import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '../../src/world/world.ts';
import { type FakeProgram, startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient, CallFailed } from '../lib/api-client.ts';
import { FakeBus } from '../lib/fake-bus.ts';
import { movedFiles } from '../lib/moved-files.ts';

const systemd = 'org.freedesktop.systemd1';
const missing: FakeProgram = () => {
  throw new FileError('not-found', 'program', 'it is not installed');
};

describe('logs, reports and the like of the host', () => {
  let root: string;
  let agent: TestAgent;
  let client: ApiClient;
  let host: string;
  let bus: FakeBus;
  let programs: Record<string, FakeProgram>;
  const ran: string[] = [];
  const uploads: { url: string; path: string; proxy: string }[] = [];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'quorate-moved-'));
    for (const folder of ['proc/self', 'etc/rsyslog.d', 'received'])
      await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, 'proc/sysrq-trigger'), '');
    bus = new FakeBus({
      'org.freedesktop.DBus.Properties.Get': ([, name]) => [name === 'MainPID' ? 4711 : false],
      'org.freedesktop.login1.Manager.ListInhibitors': () => [[]],
      [`${systemd}.Manager.GetUnit`]: () => ['/unit'],
      [`${systemd}.Manager.RestartUnit`]: () => ['/job/1'],
      [`${systemd}.Manager.TryRestartUnit`]: () => ['/job/2'],
    });
    const note =
      (program: string, stdout: string): FakeProgram =>
      (args) => {
        ran.push([program, ...args].join(' '));
        return { stdout };
      };
    programs = {
      setpriv: () => ({ exitCode: 1, stderr: 'no lock in this test' }),
      dmesg: note('dmesg', '[    0.000000] Linux version <6> & more\n'),
      journalctl: note('journalctl', 'a line of the journal\n'),
      dmidecode: missing,
      curl: (args, input) => {
        assert.deepEqual(args.slice(-2), ['--config', '-']);
        const config = new Map(
          input.split('\n').map((line) => {
            const [name = '', value = ''] = line.split(' = ');
            return [name, value === '' ? '' : (JSON.parse(value) as string)] as const;
          }),
        );
        const [path = '', url = ''] = [config.get('upload-file'), config.get('url')];
        uploads.push({ url, path, proxy: config.get('proxy') ?? '' });
        if (url.includes('refuse')) return { exitCode: 22, stderr: 'curl: (22) 403 Forbidden' };
        copyFileSync(path, join(root, 'received/report.tar.gz'));
        return {};
      },
      wakeonlan: missing,
      etherwake: note('etherwake', ''),
    };
    agent = await startTestAgent({
      bus,
      programs,
      files: (real) => movedFiles(real, ['/proc/self', '/proc/sysrq-trigger', '/etc/rsyslog.d'], root),
    });
    client = await agent.client();
    [host = ''] = await client.call<string[]>('host.get_all');
  });
  after(async () => {
    await agent.remove();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(() => {
    ran.length = 0;
    uploads.length = 0;
  });

  const fails = (work: Promise<unknown>, ...description: readonly (string | RegExp)[]): Promise<void> =>
    assert.rejects(work, (thrown) => {
      const told = (thrown as CallFailed).description;
      assert.equal(told.length, description.length, told.join(', '));
      for (const [index, part] of description.entries()) assert.match(told[index] ?? '', new RegExp(part));
      return true;
    });

  it('shows the log of the kernel, and clears it only when asked to', async () => {
    assert.equal(await client.call('host.dmesg', host), '[    0.000000] Linux version <6> & more\n');
    assert.deepEqual(ran, ['dmesg']);
    await client.call('host.dmesg_clear', host);
    assert.deepEqual(ran, ['dmesg', 'dmesg --read-clear']);
  });

  it('shows the end of its own log', async () => {
    await mkdir(join(agent.directory, 'log'), { recursive: true });
    const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} of the log, long enough to be cut off`);
    await writeFile(join(agent.directory, 'log/quorated.log'), `${lines.join('\n')}\n`);
    const shown = (await client.call<string>('host.get_log', host)).split('\n');
    assert.deepEqual(shown.at(-2), lines.at(-1));
    assert.ok(shown.length > 10_000 && shown.length < 30_000);
    assert.ok(lines.includes(shown[0] ?? ''), 'begins with a whole line');
  });

  it('sends the kernel keys that make it print, and no others', async () => {
    await client.call('host.send_debug_keys', host, 'hmw');
    const sent = (): Promise<string> => readFile(join(root, 'proc/sysrq-trigger'), 'utf8');
    assert.equal(await sent(), 'hmw');
    for (const keys of ['b', 'hb', 'c', 'o', 'e', 'i', 'u', 's', 'f', 'k', 'r', '0', 'x\n']) {
      await fails(client.call('host.send_debug_keys', host, keys), 'VALUE_NOT_SUPPORTED', 'keys', /./s, 'only|Only');
    }
    await fails(client.call('host.send_debug_keys', host, ''), 'INVALID_VALUE', 'keys', '');
    await fails(client.call('host.send_debug_keys', host, 'h'.repeat(17)), 'INVALID_VALUE', 'keys', 'h');
    assert.equal(await sent(), 'hmw');
  });

  it('sends the log of the machine elsewhere, and stops that', async () => {
    const rules = join(root, 'etc/rsyslog.d/70-quorate-forward.conf');
    const restarts = (): number => bus.calls.filter((call) => call.includes('TryRestartUnit("rsyslog.service"')).length;
    const set = async (destination: string): Promise<void> => {
      await client.call('host.set_logging', host, { syslog_destination: destination });
      await client.call('host.syslog_reconfigure', host);
    };
    await set('logs.example:1514');
    assert.match(await readFile(rules, 'utf8'), /target="logs\.example" port="1514"/);
    await client.call('host.syslog_reconfigure', host);
    assert.equal(restarts(), 1, 'what is in effect is left alone');
    await set('2001:db8::1');
    assert.match(await readFile(rules, 'utf8'), /target="2001:db8::1" port="514"/);
    for (const bad of ['a b', 'x"; *.* /etc/passwd', 'h:99999', 'h:0', '[h]:1', '-h', 'a..b', 'h\n', '1:2:3']) {
      await fails(set(bad), 'INVALID_VALUE', 'logging:syslog_destination', /./s);
    }
    await set('');
    assert.equal(existsSync(rules), false);
    assert.equal(restarts(), 3);
    await rm(join(root, 'etc/rsyslog.d'), { recursive: true });
    await fails(set('logs.example'), 'OPERATION_NOT_ALLOWED', 'no rsyslog');
  });

  it('uploads a report, and keeps nothing of it', async () => {
    await client.call('host.bugreport_upload', host, 'https://user:p"w@example.com/in/', {
      http_proxy: 'http://proxy:3128',
    });
    assert.equal(uploads.length, 1);
    assert.equal(uploads[0]?.url, 'https://user:p"w@example.com/in/');
    assert.equal(uploads[0].proxy, 'http://proxy:3128');
    const archive = join(root, 'received/report.tar.gz');
    const names = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' });
    assert.match(names, /system-logs\/kernel\.log/);
    const [readme = ''] = /^.*README\.txt$/m.exec(names) ?? [];
    const text = execFileSync('tar', ['-xzOf', archive, readme], { encoding: 'utf8' });
    assert.match(text, /hardware-info\/firmware\.txt: dmidecode is not installed/);
    const left = await readdir(agent.directory);
    assert.deepEqual(
      left.filter((name) => name.startsWith('bug-report')),
      [],
    );
  });

  it('says why an upload failed, and sends nothing to what is no URL', async () => {
    await fails(client.call('host.bugreport_upload', host, 'http://refuse/', {}), 'INTERNAL_ERROR', '403 Forbidden');
    assert.deepEqual(
      (await readdir(agent.directory)).filter((name) => name.startsWith('bug-report')),
      [],
    );
    uploads.length = 0;
    for (const url of [
      '',
      'file:///etc/shadow',
      'http://',
      'https://x/\noutput = "/etc/passwd"',
      '-o/etc/x',
      'scp://x/y',
    ]) {
      await fails(client.call('host.bugreport_upload', host, url, {}), 'INVALID_VALUE', 'url', /^/s);
    }
    assert.deepEqual(uploads, []);
  });

  it('says what a report can hold, as clients read it', async () => {
    const xml = await client.call<string>('host.get_system_status_capabilities', host);
    assert.match(
      xml,
      /^<\?xml version="1\.0"\?><system-status-capabilities>(?:<capability [^<>]+\/>)+<\/system-status-capabilities>$/,
    );
    for (const [, attributes = ''] of xml.matchAll(/<capability ([^/]+\/plain[^/]+)\/>/g)) {
      assert.match(
        attributes,
        /^content-type="text\/plain" default-checked="yes" key="[a-z-]+" pii="\w+" min-size="0" max-size="\d+" min-time="0" max-time="\d+"$/,
      );
    }
  });

  it('tells the time, there and here', async () => {
    const utc = await client.call<string>('host.get_servertime', host);
    assert.match(utc, /^\d{8}T\d\d:\d\d:\d\dZ$/);
    assert.match(await client.call<string>('host.get_server_localtime', host), /^\d{8}T\d\d:\d\d:\d\d$/);
  });

  it('tells how long calls took', async () => {
    await client.call('host.get_servertime', host);
    await assert.rejects(client.call('host.send_debug_keys', host, 'b'));
    const plain = await client.call<Record<string, string>>('host.get_diagnostic_timing_stats', host);
    assert.match(plain['host.get_servertime'] ?? '', /^mean=\d+\.\d{6} longest=\d+\.\d{6}$/);
    const counted = await client.call<Record<string, string>>('host.get_diagnostic_timing_stats', host, true);
    assert.match(counted['host.send_debug_keys'] ?? '', / count=\d+ failures=\d+$/);
    assert.notEqual(/failures=(\d+)/.exec(counted['host.send_debug_keys'] ?? '')?.[1], '0');
  });

  it('restarts only itself, and only when systemd started it', async () => {
    const restarts = (): readonly string[] =>
      bus.calls.filter((call) => call.startsWith(`${systemd}.Manager.RestartUnit`));
    const group = join(root, 'proc/self/cgroup');
    const alone = [/OPERATION_NOT_ALLOWED/, 'not started by systemd'] as const;
    await fails(client.call('host.restart_agent', host), ...alone);
    await writeFile(group, '0::/user.slice/user-0.slice/session-1.scope\n');
    await fails(client.call('host.restart_agent', host), ...alone);
    await writeFile(group, '1:name=systemd:/system.slice/ssh.service\n0::/\n');
    await writeFile(join(root, 'proc/self/status'), 'Name:\tnode\nPid:\t99\nPPid:\t98\n');
    await fails(client.call('host.restart_agent', host), ...alone);
    await writeFile(group, '0::/system.slice/quorated.service\n');
    await writeFile(join(root, 'proc/self/status'), 'Name:\tnode\nPid:\t4712\nPPid:\t4711\n');
    await client.call('host.restart_agent', host);
    assert.deepEqual(restarts(), [`${systemd}.Manager.RestartUnit("quorated.service","replace")`]);
  });

  it('refuses names that no host can have', async () => {
    for (const name of ['', '-a', 'a-', 'a..b', '.a', 'a b', 'ä', 'a_b', 'x'.repeat(65), 'a\n']) {
      await fails(client.call('host.set_hostname_live', host, name), 'HOST_NAME_INVALID', /./);
    }
    // The name is fine, and there is no hostnamed.
    await fails(client.call('host.set_hostname_live', host, 'fine.example'), 'INTERNAL_ERROR', 'not changed');
  });

  it('wakes a host that is down, and no other', async () => {
    await fails(client.call('host.power_on', host), 'HOST_IS_LIVE', /./);
    await fails(
      client.call('host.set_power_on_mode', host, 'iLO', {}),
      'VALUE_NOT_SUPPORTED',
      'power_on_mode',
      'iLO',
      /./,
    );
    const { database } = agent.agent;
    const other = database.transaction((tx) => {
      const metrics = tx.create('host_metrics', { live: false });
      const made = tx.create('host', {
        ...database.require('host', host),
        uuid: agent.world.random.uuid(),
        metrics,
        PIFs: [],
        host_CPUs: [],
      });
      const network = tx.create('network', { bridge: 'xenbr9' });
      tx.create('PIF', { device: 'eth9', host: made, network, management: true, MAC: '02:00:00:00:00:09' });
      return made;
    }).value;
    await fails(client.call('host.power_on', other), 'HOST_POWER_ON_MODE_DISABLED');
    await client.call('host.set_power_on_mode', other, 'wake-on-lan', {});
    assert.deepEqual(await client.call('host.get_allowed_operations', other), ['power_on']);
    await client.call('host.power_on', other);
    assert.deepEqual(ran, ['etherwake 02:00:00:00:00:09']);
    await fails(client.call('host.dmesg', other), 'NOT_IMPLEMENTED', 'for another host');
  });
});
