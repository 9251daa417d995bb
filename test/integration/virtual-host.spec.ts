import assert from 'node:assert/strict';
import { skip } from '../lib/skip.ts';
import { VirtualHost, whyNoVirtualHost } from '../lib/virtual-host.ts';

describe('a virtual host', () => {
  let host: VirtualHost;
  before(async function () {
    this.timeout(60_000);
    const reason = whyNoVirtualHost();
    if (reason !== undefined) skip(this, reason);
    host = await VirtualHost.start({ files: { '/etc/motd': 'hello\n' } });
  });
  after(async () => {
    await host?.remove();
  });

  it('has a systemd, a D-Bus and a name of its own', async () => {
    assert.equal(await host.get('cat', '/proc/1/comm'), 'systemd');
    assert.equal(await host.get('hostname'), host.name);
    assert.equal(await host.get('cat', '/etc/motd'), 'hello');
    assert.match(await host.get('busctl', 'list', '--no-pager'), /org\.freedesktop\.login1/);
    assert.match(await host.get('ip', '-o', 'link'), /^1: lo:[^\n]*$/);
  });

  it('reboots with its files, and is switched off', async () => {
    await host.get('touch', '/var/lib/kept');
    await host.run('systemctl', 'reboot');
    await host.rebooted(1);
    await host.get('ls', '/var/lib/kept');
    await host.run('systemctl', 'poweroff');
    await host.off();
    assert.equal(host.starts, 2);
  });
});
