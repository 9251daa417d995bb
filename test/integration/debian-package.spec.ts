import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinuxWorld, type LinuxWorld } from '../../src/world/linux/world.ts';
import { ApiClient } from '../lib/api-client.ts';
import { skip } from '../lib/skip.ts';
import { repository, VirtualHost, whyNoVirtualHost } from '../lib/virtual-host.ts';
import { buildPackage } from '../tools/package/deb.ts';

/**
 * A clean Debian, when somebody made one: debootstrap --variant=minbase
 * --include=systemd,systemd-sysv,dbus,libpam-runtime,iproute2,pamtester stable /var/tmp/quorate-test/debian-root
 */
const cleanRoot = '/var/tmp/quorate-test/debian-root';

function whyNoPackage(): string | undefined {
  if (spawnSync('dpkg-deb', ['--version']).error !== undefined) return 'dpkg-deb is not installed';
  const node = join(repository, 'node_modules', `node-linux-${process.arch}`);
  return existsSync(node) ? undefined : `npm brought no Node.js for ${process.arch}`;
}

describe('the package for Debian', function () {
  this.timeout(120_000);
  let directory: string;
  let first: string;
  let second: string;
  before(async function () {
    const reason = whyNoPackage();
    if (reason !== undefined) skip(this, reason);
    directory = mkdtempSync(join(tmpdir(), 'quorate-deb-'));
    const options = { root: repository, output: directory, architecture: process.arch, compression: 'none' } as const;
    first = await buildPackage({ ...options, version: '0.1.0' });
    second = await buildPackage({ ...options, version: '0.1.1' });
  });
  after(() => {
    if (directory !== undefined) rmSync(directory, { recursive: true });
  });

  it('has the name, the files and the scripts of a package', () => {
    assert.match(first, /\/quorate_0\.1\.0_(?:amd64|arm64)\.deb$/);
    const control = execFileSync('dpkg-deb', ['--field', first], { encoding: 'utf8' });
    assert.match(control, /^Version: 0\.1\.0$/m);
    const files = execFileSync('dpkg-deb', ['--contents', first], { encoding: 'utf8' });
    for (const path of [
      '/usr/bin/quorate',
      '/usr/sbin/quorated',
      '/usr/lib/quorate/bin/node',
      '/usr/lib/systemd/system/quorated.service',
      '/usr/lib/systemd/system/quorated.socket',
      '/etc/quorate/xapi.conf',
      '/usr/libexec/xapi/cluster-stack/README.md',
      '/usr/share/doc/quorate/copyright',
      '/usr/share/doc/quorate/changelog.gz',
    ]) {
      assert.match(files, new RegExp(`root/root .* \\.${path}$`, 'm'));
    }
    const configuration = execFileSync('dpkg-deb', ['--info', first, 'conffiles'], { encoding: 'utf8' });
    assert.deepEqual(configuration.trim().split('\n'), ['/etc/quorate/xapi.conf', '/etc/pam.d/xapi']);
  });

  it('has no errors that lintian finds', async function () {
    if (spawnSync('lintian', ['--version']).error !== undefined) skip(this, 'lintian is not installed');
    // It looks at the text in Node.js for 20 seconds; a small program in its place is as good for everything else.
    const options = { root: repository, output: directory, version: '0.1.2', architecture: process.arch } as const;
    const small = await buildPackage({ ...options, compression: 'gzip', node: '/bin/true' });
    const args = ['--allow-root', '--fail-on=none', small];
    const { stdout } = spawnSync('lintian', args, { encoding: 'utf8', timeout: 100_000 });
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.startsWith('E: ')),
      [],
    );
  });

  describe('on a Debian', () => {
    let host: VirtualHost;
    let world: LinuxWorld;
    before(async function () {
      const reason = whyNoVirtualHost();
      if (reason !== undefined) skip(this, reason);
      const base = existsSync(join(cleanRoot, 'usr/bin/dpkg')) ? cleanRoot : '/';
      if (!existsSync(join(base, 'usr/bin/deb-systemd-helper'))) skip(this, 'this machine is no Debian');
      world = createLinuxWorld({ log: { level: 'error' } });
      host = await VirtualHost.start({ base });
    });
    after(async () => {
      await host?.remove();
      await world?.close();
    });

    const client = (): Promise<ApiClient> =>
      new ApiClient(world.http, { socketPath: `${host.root}/var/lib/xcp/xapi` }).login();
    const install = async (path: string): Promise<void> => {
      copyFileSync(path, `${host.root}/var/quorate.deb`);
      await host.get('dpkg', '--force-unsafe-io', '--install', '/var/quorate.deb');
    };
    const pools = async (): Promise<readonly string[]> => {
      const api = await client();
      const refs = (await api.call('pool.get_all')) as readonly string[];
      return Promise.all(refs.map(async (ref) => String(await api.call('pool.get_name_label', ref))));
    };

    it('starts the agent when it is installed', async () => {
      await install(first);
      assert.equal(await host.get('systemctl', 'is-active', 'quorated.socket', 'quorated.service'), 'active\nactive');
      assert.equal(
        await host.get('systemctl', 'is-enabled', 'quorated.socket', 'quorated.service'),
        'enabled\nenabled',
      );
      assert.match(await host.get('quorate', 'status'), /answers on \/var\/lib\/xcp\/xapi/);
      const api = await client();
      const [pool] = (await api.call('pool.get_all')) as readonly string[];
      await api.call('pool.set_name_label', pool, 'kept over upgrades');
    });

    it('restarts it when it is upgraded, with its data and with what was configured', async () => {
      const before = await host.get('systemctl', 'show', 'quorated', '--property=MainPID', '--value');
      await host.get('sh', '-c', 'echo "# mine" >> /etc/quorate/xapi.conf');
      await install(second);
      assert.equal(await host.get('systemctl', 'is-active', 'quorated.service'), 'active');
      assert.notEqual(await host.get('systemctl', 'show', 'quorated', '--property=MainPID', '--value'), before);
      assert.deepEqual(await pools(), ['kept over upgrades']);
      assert.match(await host.get('tail', '-1', '/etc/quorate/xapi.conf'), /^# mine$/);
    });

    it('stops it when it is removed, and keeps its data', async () => {
      await host.get('dpkg', '--remove', 'quorate');
      assert.notEqual((await host.run('systemctl', 'is-active', 'quorated.service')).exitCode, 0);
      assert.equal((await host.run('test', '-e', '/var/lib/xcp/xapi')).exitCode, 1);
      await host.get('test', '-s', '/var/lib/quorate/state.db');
      await install(second);
      assert.deepEqual(await pools(), ['kept over upgrades']);
    });

    it('takes everything away when it is purged', async () => {
      await host.get('dpkg', '--purge', 'quorate');
      for (const path of [
        '/var/lib/quorate',
        '/var/cache/quorate',
        '/etc/quorate',
        '/etc/pam.d/xapi',
        '/var/lib/xcp',
        '/usr/lib/quorate',
        '/usr/bin/quorate',
        '/etc/systemd/system/multi-user.target.wants/quorated.service',
        '/etc/systemd/system/sockets.target.wants/quorated.socket',
        '/etc/systemd/system/quorated.service',
      ]) {
        assert.equal((await host.run('test', '-e', path, '-o', '-L', path)).exitCode, 1, path);
      }
    });
  });
});
