import assert from 'node:assert/strict';
import { AgentHost } from '../lib/agent-host.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { skip } from '../lib/skip.ts';
import { until, whyNoVirtualHost } from '../lib/virtual-host.ts';

/** A package in one version that is installed, and in a newer one that a source of packages offers. */
const makeRepository = `
mkdir -p /srv/repository /srv/build/DEBIAN
for version in 1 2; do
  printf 'Package: quorate-thing\\nVersion: %s\\nArchitecture: all\\nMaintainer: nobody <nobody@example.com>\\nDescription: a thing\\n' $version > /srv/build/DEBIAN/control
  dpkg-deb --build /srv/build /srv/repository/thing_$version.deb
done
dpkg -i /srv/repository/thing_1.deb
cd /srv/repository
{ cat /srv/build/DEBIAN/control; echo Filename: ./thing_2.deb; echo Size: $(stat -c %s thing_2.deb); echo SHA256: $(sha256sum thing_2.deb | cut -d' ' -f1); } > Packages
rm -rf /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/repository ./' > /etc/apt/sources.list
apt-get update
`;

describe('an agent under systemd', function () {
  this.timeout(90_000);
  let own: TestWorld;
  let host: AgentHost;

  before(async function () {
    const reason = whyNoVirtualHost();
    if (reason !== undefined) skip(this, reason);
    own = await linuxTestWorld();
    host = await AgentHost.start(own.world.http, {
      // The journal is to be there after a reboot, for the test to read.
      files: { '/etc/systemd/journald.conf.d/keep.conf': '[Journal]\nStorage=persistent\n' },
      capabilities: ['CAP_SYSLOG'],
    });
  });
  after(async () => {
    await host?.machine.remove();
    await own?.end();
  });

  it('holds a lock that delays a reboot, and one only', async () => {
    await host.logs('inhibitor-held');
    const locks = await host.machine.get('systemd-inhibit', '--list', '--no-pager', '--no-legend');
    assert.match(locks, /^quorate +0 +root +\d+ +systemd-inhibit +shutdown .* delay$/m);
  });

  it('changes the name of the host', async () => {
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    await client.call('host.set_hostname_live', ref, 'renamed.example');
    assert.equal(await host.machine.get('hostname'), 'renamed.example');
    assert.equal(await host.machine.get('cat', '/etc/hostname'), 'renamed.example');
    assert.equal(await client.call('host.get_hostname', ref), 'renamed.example');
  });

  it('tells of a name and a time zone that somebody else changes', async () => {
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    const { token } = await client.call<{ token: string }>('event.from', ['host'], '', 0);
    await host.machine.get('timedatectl', 'set-timezone', 'Europe/Zurich');
    await until('the time zone is told', async () => (await client.call('host.get_timezone', ref)) === 'Europe/Zurich');
    const { events } = await client.call<{ events: { class: string; ref: string }[] }>(
      'event.from',
      ['host'],
      token,
      5,
    );
    assert.deepEqual(
      events.map((event) => [event.class, event.ref]),
      [['host', ref]],
    );
    await host.machine.get('hostnamectl', 'set-hostname', 'elsewhere.example');
    await until('the name is told', async () => (await client.call('host.get_hostname', ref)) === 'elsewhere.example');
  });

  it('shows its log and its clock', async () => {
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    assert.match(await client.call('host.get_log', ref), /agent-started/);
    assert.match(await client.call('host.get_server_localtime', ref), /^\d{8}T\d\d:\d\d:\d\d$/);
  });

  it('shows the messages of the kernel from its sandbox', async function () {
    // They are those of the machine outside, where somebody else may write some more at any time.
    const outside = await own.world.programs.run('dmesg', [], { timeoutMs: 10_000, maxOutputBytes: 100_000_000 });
    const lines = outside.stdout.trimEnd().split('\n').slice(-20);
    if (outside.exitCode !== 0 || lines.join('') === '') skip(this, 'the kernel shows no messages here');
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    const shown = (await client.call<string>('host.dmesg', ref)).split('\n');
    assert.deepEqual(
      lines.filter((line) => !shown.includes(line)),
      [],
    );
  });

  it('says that no debug keys are taken where the kernel has no place for them', async function () {
    // Keys that were taken would reach the machine outside. A virtual host cannot write there.
    const writable = await host.machine.run('test', '-w', '/proc/sysrq-trigger');
    if (writable.exitCode === 0) skip(this, 'the virtual host could send keys to this machine');
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    await assert.rejects(
      client.call('host.send_debug_keys', ref, 'h'),
      /OPERATION_NOT_ALLOWED.*takes no such requests/,
    );
    await assert.rejects(client.call('host.send_debug_keys', ref, 'b'), /VALUE_NOT_SUPPORTED/);
  });

  it('installs an update with apt', async function () {
    for (const tool of ['apt-get', 'dpkg-deb']) {
      if ((await host.machine.run(tool, '--version')).exitCode !== 0) skip(this, `${tool} is not installed`);
    }
    await host.machine.get('sh', '-ec', makeRepository);
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    await client.call('host.refresh_pack_info', ref);
    const [update] = await client.call<string[]>('pool_patch.get_by_name_label', 'quorate-thing');
    assert.equal(await client.call('pool_patch.get_version', update), '2');
    assert.deepEqual(await client.call('pool_patch.get_after_apply_guidance', update), ['restartXAPI']);
    assert.match(await client.call('pool_patch.precheck', update, ref), /Inst quorate-thing \[1\] \(2 /);
    assert.match(await client.call('pool_patch.apply', update, ref), /Setting up quorate-thing \(2\)/);
    assert.match(await host.machine.get('dpkg', '-s', 'quorate-thing'), /^Version: 2$/m);
    assert.equal(await client.call('pool_patch.get_pool_applied', update), true);
  });

  it('reads disks and hardware from its sandbox', async () => {
    const client = await host.client();
    await until('there is a repository', async () => (await client.call<string[]>('SR.get_all')).length === 1);
    const [driver = ''] = await client.call<string[]>('SM.get_all');
    assert.equal(await client.call('SM.get_type', driver), 'udev');
    await host.logs('hardware-known');
    assert.doesNotMatch(await host.log(), /inventory-source-lost.*(?:lsblk|systeminformation)/);
  });

  it('starts itself anew when it is asked to, and keeps its lock', async () => {
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    const before = await host.machine.get('systemctl', 'show', '-P', 'MainPID', 'quorated');
    await client.call('host.restart_agent', ref);
    await until('another agent runs', async () => {
      const now = await host.machine.get('systemctl', 'show', '-P', 'MainPID', 'quorated');
      return now !== '0' && now !== before;
    });
    await host.client();
    await until('there is one lock', async () => {
      const locks = await host.machine.get('systemd-inhibit', '--list', '--no-pager', '--no-legend');
      return locks.split('\n').filter((line) => line.startsWith('quorate')).length === 1;
    });
  });

  it('goes on without D-Bus, and takes its lock again when it is back', async () => {
    await host.machine.get('systemctl', 'kill', '-s', 'KILL', 'dbus.service');
    await host.logs('bus-lost');
    const client = await host.client();
    assert.equal((await client.call<string[]>('host.get_all')).length, 1);
    await until('D-Bus is back', async () => (await host.machine.run('busctl', 'status')).exitCode === 0);
    await until('the lock is held again', async () => {
      const locks = await host.machine.run('systemd-inhibit', '--list', '--no-pager', '--no-legend');
      return locks.stdout.split('\n').filter((line) => line.startsWith('quorate')).length === 1;
    });
  });

  it('says what it cannot do while D-Bus is away, and does the rest', async () => {
    await host.machine.get('systemctl', 'stop', 'dbus.socket', 'dbus.service');
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    await assert.rejects(client.call('host.set_hostname_live', ref, 'no.bus'), /INTERNAL_ERROR.*not changed/);
    await assert.rejects(client.call('host.restart_agent', ref), /OPERATION_NOT_ALLOWED.*systemd cannot be asked/);
    await client.call('host.set_name_label', ref, 'without D-Bus');
    await host.machine.get('systemctl', 'start', 'dbus.socket', 'dbus.service');
    await until('the name can be changed', async () => {
      const changed = await client.call('host.set_hostname_live', ref, 'with.bus').catch((thrown: unknown) => thrown);
      return !(changed instanceof Error);
    });
    assert.equal(await host.machine.get('hostname'), 'with.bus');
  });

  it('leaves no lock behind when it is killed', async () => {
    await host.machine.get('systemctl', 'kill', '--kill-whom=main', '-s', 'KILL', 'quorated');
    await host.client();
    await until('there is one lock', async () => {
      const locks = await host.machine.run('systemd-inhibit', '--list', '--no-pager', '--no-legend');
      return locks.stdout.split('\n').filter((line) => line.startsWith('quorate')).length === 1;
    });
  });

  it('ends cleanly when somebody else reboots the machine', async () => {
    const { starts } = host.machine;
    await host.machine.run('systemctl', 'reboot');
    await host.machine.rebooted(starts);
    await host.client();
    const log = await host.log('all');
    assert.match(log, /clean-path-started[^]*clean-path-done/);
    assert.match(log, /logind says so/);
  });

  it('stays disabled until the next start, and reboots', async () => {
    const { starts } = host.machine;
    let client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    await assert.rejects(client.call('host.reboot', ref), /HOST_NOT_DISABLED/);
    await client.call('host.disable', ref, true);
    await client.call('host.reboot', ref);
    await host.machine.rebooted(starts);
    client = await host.client();
    assert.equal(await client.call('host.get_enabled', ref), true);
    assert.match(await host.log('all'), /the API was asked for reboot/);
  });

  it('powers off', async () => {
    const client = await host.client();
    const [ref] = await client.call<string[]>('host.get_all');
    await client.call('host.disable', ref, false);
    await client.call('host.shutdown', ref);
    await host.machine.off();
  });
});
