import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { movedFiles } from '../lib/moved-files.ts';
import { until } from '../lib/virtual-host.ts';

describe('crash dumps of the host', () => {
  let root: string;
  let agent: TestAgent;
  let client: ApiClient;
  const sent: string[] = [];

  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    await utimes(join(root, path), 1_700_000_000, 1_700_000_000);
  };
  type Dump = { ref: string; size: number; timestamp: string };
  const dumps = async (): Promise<Dump[]> => {
    const all = await client.call<Record<string, { size: number; timestamp: string }>>(
      'host_crashdump.get_all_records',
    );
    return Object.entries(all)
      .map(([ref, { size, timestamp }]) => ({ ref, size, timestamp }))
      .sort((a, b) => a.size - b.size);
  };
  const sizes = async (): Promise<number[]> => (await dumps()).map(({ size }) => size);
  const become = (wanted: readonly number[]): Promise<void> =>
    until(`there are dumps of ${wanted.join(', ')} bytes`, async () => String(await sizes()) === String(wanted));

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'quorate-crash-'));
    await put('/var/crash/127.0.0.1-2026-01-01-10:00:00/vmcore', 'x'.repeat(1000));
    await put('/var/crash/127.0.0.1-2026-01-01-10:00:00/vmcore-dmesg.txt', 'x'.repeat(100));
    await put('/var/crash/_usr_bin_editor.0.crash', 'about a program');
    await put('/var/lib/systemd/coredump/core.libvirtd.0.abc.1.2.zst', 'x'.repeat(10));
    await put('/var/lib/systemd/coredump/.#core.half-written', 'x');
    await mkdir(join(root, '/var/crash/empty'));
    agent = await startTestAgent({
      files: (real) => movedFiles(real, ['/var/crash', '/var/lib/systemd', '/sys/fs/pstore'], root),
      programs: {
        curl: (_args, input) => {
          const path = /^upload-file = "(.*)"$/m.exec(input)?.[1] ?? '';
          copyFileSync(path.startsWith('/var/') ? join(root, path) : path, join(root, 'received'));
          sent.push(path);
          return {};
        },
        // The dump is below the test's own folder, which only the agent's files know.
        tar: (args) => {
          const moved = args.map((arg) => (arg.startsWith('/var/crash') ? join(root, arg) : arg));
          execFileSync('tar', moved);
          return {};
        },
      },
    });
    client = await agent.client();
  });
  after(async () => {
    await agent.remove();
    await rm(root, { recursive: true, force: true });
  });

  it('are found at the start', async () => {
    await become([10, 1100]);
    assert.equal((await dumps())[0]?.timestamp, '20231114T22:13:20Z');
    const [host] = await client.call<string[]>('host.get_all');
    assert.equal((await client.call<string[]>('host.get_crashdumps', host)).length, 2);
  });

  it('appear and go with their files, and keep their references', async () => {
    const before = await dumps();
    await put('/var/lib/systemd/pstore/170000/dmesg.txt', 'x'.repeat(20));
    await become([10, 20, 1100]);
    await put('/var/lib/systemd/coredump/core.qemu.0.abc.3.4.zst', 'x'.repeat(30));
    await become([10, 20, 30, 1100]);
    await rm(join(root, '/var/lib/systemd/coredump/core.qemu.0.abc.3.4.zst'));
    await become([10, 20, 1100]);
    const now = await dumps();
    assert.deepEqual([now[0], now[2]], before);
  });

  it('keep their references over a restart', async () => {
    const before = await dumps();
    agent = await agent.restart();
    client = await agent.client();
    await become([10, 20, 1100]);
    assert.deepEqual(await dumps(), before);
  });

  it('are uploaded, packed when they are folders', async () => {
    const [small, , large] = await dumps();
    await client.call('host_crashdump.upload', small?.ref, 'http://example.com/', {});
    assert.deepEqual(sent, ['/var/lib/systemd/coredump/core.libvirtd.0.abc.1.2.zst']);
    await client.call('host_crashdump.upload', large?.ref, 'http://example.com/', {});
    const names = execFileSync('tar', ['-tzf', join(root, 'received')], { encoding: 'utf8' });
    assert.match(names, /vmcore-dmesg\.txt/);
    assert.equal(existsSync(sent[1] ?? ''), false, 'nothing of it stays');
    await assert.rejects(client.call('host_crashdump.upload', small?.ref, 'file:///etc/x', {}), /INVALID_VALUE/);
  });

  it('are removed with their files', async () => {
    const [, , large] = await dumps();
    await client.call('host_crashdump.destroy', large?.ref);
    await become([10, 20]);
    assert.equal(existsSync(join(root, '/var/crash/127.0.0.1-2026-01-01-10:00:00')), false);
    assert.deepEqual(await readdir(join(root, '/var/crash')), ['_usr_bin_editor.0.crash', 'empty']);
  });

  it('are nothing that could remove another file', async () => {
    const { database } = agent.agent;
    const [host = ''] = database.refs('host');
    for (const filename of ['/etc/passwd', '/var/crash/../../etc/passwd', '/var/crash', '']) {
      const ref = database.transaction((tx) => tx.create('host_crashdump', { host, filename, size: 1 })).value;
      await assert.rejects(client.call('host_crashdump.destroy', ref), /is no crash dump/);
      database.transaction((tx) => tx.destroy('host_crashdump', ref));
    }
  });
});
