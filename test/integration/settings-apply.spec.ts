import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { makeSettings, type Settings } from '../../src/settings.ts';
import { createCertificates } from '../../src/world/linux/certificates.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';

describe('settings that are applied to an agent', () => {
  let started: TestAgent;

  beforeEach(async () => {
    started = await startTestAgent({ listen: '127.0.0.1:0' });
  });

  afterEach(() => started.remove());

  function settings(given: Readonly<Record<string, string>>): Settings {
    const quiet = { 'host-figures-interval': '0', 'host-scan-interval': '0', listen: '127.0.0.1:0' };
    return makeSettings(new Map(Object.entries({ ...quiet, ...given })), started.directory);
  }

  /** Address of the listener for TLS. */
  const tls = (): string => started.agent.addresses[1] ?? '';

  /** Connects; undefined when nobody listens. */
  async function connected(address = tls()): Promise<TLSSocket | undefined> {
    const { hostname, port } = new URL(`https://${address}`);
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    const refused = once(socket, 'error').then(() => undefined);
    return Promise.race([once(socket, 'secureConnect').then(() => socket), refused]);
  }

  async function certificateName(): Promise<string | undefined> {
    const socket = await connected();
    const name = socket?.getPeerCertificate().subject.CN;
    socket?.destroy();
    return Array.isArray(name) ? name[0] : name;
  }

  it('keep connections to an address that stays, and end listening where it is not wanted any more', async () => {
    const before = tls();
    const kept = await connected();
    await started.agent.apply(settings({ listen: '127.0.0.1:0 127.0.0.2:0' }));
    assert.equal(started.agent.addresses.length, 3);
    assert.equal(tls(), before);
    kept?.write('POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    const [answer] = (await once(kept ?? assert.fail(), 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 /);
    kept?.destroy();
    await started.agent.apply(settings({ listen: '' }));
    assert.deepEqual(started.agent.addresses, [started.socketPath]);
    assert.equal(await connected(before), undefined);
  });

  it('give way to an address that has the same port', async () => {
    const port = new URL(`https://${tls()}`).port;
    // The first one is bound to the port that was given out, so that it can be named.
    await started.agent.apply(settings({ listen: '' }));
    await started.agent.apply(settings({ listen: `127.0.0.1:${port}` }));
    await started.agent.apply(settings({ listen: `0.0.0.0:${port}` }));
    assert.equal(tls(), `0.0.0.0:${port}`);
    await assert.rejects(started.agent.apply(settings({ listen: `192.0.2.1:${port}` })), /192\.0\.2\.1/);
    assert.equal(tls(), `0.0.0.0:${port}`);
    const socket = await connected(`127.0.0.1:${port}`);
    assert.ok(socket !== undefined);
    socket.destroy();
  });

  it('are as they were when one of them cannot be had', async () => {
    const before = started.agent.addresses;
    const wrong = settings({ listen: '127.0.0.1:0 127.0.0.2:0 192.0.2.1:1', 'sessions-per-group': '1' });
    await assert.rejects(started.agent.apply(wrong), /192\.0\.2\.1:1/);
    assert.deepEqual(started.agent.addresses, before);
    const first = await started.client();
    await started.client();
    await first.call('host.get_all');
  });

  it('show another certificate from another place, and the one before when that cannot be used', async () => {
    const own = await certificateName();
    const folder = join(started.directory, 'other');
    await mkdir(folder);
    const made = await createCertificates().selfSigned(['other.example'], 10);
    const paths = { certificate: join(folder, 'c.pem'), key: join(folder, 'k.pem') };
    await writeFile(paths.certificate, made.certificate);
    await assert.rejects(started.agent.apply(settings(paths)), /k\.pem/);
    assert.equal(await certificateName(), own);
    await writeFile(paths.key, made.key);
    await started.agent.apply(settings(paths));
    assert.equal(await certificateName(), 'other.example');
    await started.agent.apply(settings({}));
    assert.equal(await certificateName(), own);
  });

  it('bound sessions from then on', async () => {
    const clients = [await started.client(), await started.client(), await started.client()];
    await started.agent.apply(settings({ 'sessions-per-group': '2' }));
    const last = await started.client();
    await last.call('host.get_all');
    const alive = await Promise.all(
      clients.map((client) =>
        client.call('host.get_all').then(
          () => true,
          () => false,
        ),
      ),
    );
    assert.equal(alive.filter(Boolean).length, 1);
  });

  it('begin to read figures, and end it', async () => {
    const client = await started.client();
    const { token } = await client.call<{ token: string }>('event.from', ['host_metrics', 'host_cpu'], '', 0);
    await started.agent.apply(settings({ 'host-figures-interval': '0.1' }));
    const found = await client.call<{ events: readonly { class: string }[] }>(
      'event.from',
      ['host_metrics', 'host_cpu'],
      token,
      15,
    );
    assert.ok(found.events.length > 0);
    await started.agent.apply(settings({}));
  });
});
