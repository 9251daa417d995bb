import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { Limits } from '../../src/lib/limits.ts';
import type { HttpHandler, HttpListener, Peer } from '../../src/world/world.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';
import { postBytes, RawClient } from '../lib/raw-client.ts';

describe('the listener over TLS', () => {
  let test: TestWorld;
  let listener: HttpListener;
  let certificatePath: string;
  let keyPath: string;
  const clients: RawClient[] = [];
  const pairs: { certificate: string; key: string }[] = [];

  before(async function () {
    // Making an RSA key takes a while.
    this.timeout(60_000);
    const { world, end } = await linuxTestWorld();
    for (const name of ['first.example', 'second.example']) {
      pairs.push(await world.certificates.selfSigned([name, '127.0.0.1', '::1'], 365));
    }
    await end();
  });

  const install = async (pair: { certificate: string; key: string } | undefined): Promise<void> => {
    await test.world.files.writeAtomic(certificatePath, pair?.certificate ?? '', 0o644);
    await test.world.files.writeAtomic(keyPath, pair?.key ?? '', 0o600);
  };

  const start = async (changed: Partial<Limits>, handler: HttpHandler): Promise<void> => {
    test = await linuxTestWorld(changed);
    certificatePath = join(test.directory, 'certificate.pem');
    keyPath = join(test.directory, 'key.pem');
    await install(pairs[0]);
    listener = await test.world.http.listen(
      { kind: 'tls', host: '127.0.0.1', port: 0, certificatePath, keyPath },
      handler,
    );
  };

  const client = async (): Promise<RawClient> => {
    const made = await RawClient.tls(listener.address);
    clients.push(made);
    return made;
  };

  const served = async (): Promise<PeerCertificate> => {
    const one = await client();
    one.send(postBytes('x'));
    assert.equal((await one.reply())?.status, 200);
    return (one.socket as TLSSocket).getPeerCertificate();
  };

  afterEach(async () => {
    for (const one of clients.splice(0)) one.close();
    await listener.close(0);
    await test.end();
  });

  it('serves strangers: the peer is its address and is not trusted', async () => {
    let seen: Peer | undefined;
    await start({}, (request) => {
      seen = request.peer;
      return { status: 200, headers: {}, body: '' };
    });
    assert.match(listener.address, /^127\.0\.0\.1:\d+$/);
    await served();
    assert.deepEqual(seen, { transport: 'tls', address: '127.0.0.1', trusted: false });
  });

  it('makes certificates that name names and addresses, with an RSA key', async () => {
    await start({}, () => ({ status: 200, headers: {}, body: '' }));
    const certificate = new X509Certificate(pairs[0]?.certificate ?? '');
    assert.equal(certificate.subjectAltName, 'DNS:first.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    assert.equal(certificate.publicKey.asymmetricKeyType, 'rsa');
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
    assert.equal(certificate.ca, false);
    assert.ok(Math.abs(certificate.validToDate.getTime() - Date.now() - 365 * 86_400_000) < 600_000);
  });

  it('takes TLS 1.2 and 1.3 with AEAD ciphers, also from a client that has but one, and nothing older', async () => {
    await start({}, () => ({ status: 200, headers: {}, body: '' }));
    const port = Number(listener.address.split(':')[1]);
    const attempt = (options: object): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
          resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
          socket.destroy();
        });
        socket.on('error', () => resolve('refused'));
      });
    const only = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };
    assert.equal(await attempt({}), 'TLSv1.3 TLS_AES_256_GCM_SHA384');
    assert.equal(
      await attempt({ ...only, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }),
      'TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256',
    );
    assert.equal(await attempt({ ...only, ciphers: 'AES128-SHA:ECDHE-RSA-AES128-SHA' }), 'refused');
    assert.equal(
      await attempt({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      'refused',
    );
  });

  it('takes a new certificate for new connections and keeps the old ones', async () => {
    await start({}, () => ({ status: 200, headers: {}, body: 'served' }));
    const old = await client();
    await install(pairs[1]);
    assert.equal((await served()).subject.CN, 'first.example');
    await listener.reloadCertificate();
    assert.equal((await served()).subject.CN, 'second.example');
    old.send(postBytes('x'));
    assert.equal((await old.reply())?.body, 'served');
  });

  it('keeps its certificate when the new one is no good, and says why', async () => {
    await start({}, () => ({ status: 200, headers: {}, body: '' }));
    await install({ certificate: pairs[1]?.certificate ?? '', key: pairs[0]?.key ?? '' });
    await assert.rejects(listener.reloadCertificate(), { name: 'FileError', message: /key\.pem: .*does not belong/ });
    await install({ certificate: 'rubbish', key: pairs[0]?.key ?? '' });
    await assert.rejects(listener.reloadCertificate(), { message: /certificate\.pem: holds no usable certificate/ });
    await test.world.files.remove(keyPath);
    await assert.rejects(listener.reloadCertificate(), { code: 'not-found', path: keyPath });
    assert.equal((await served()).subject.CN, 'first.example');
  });

  it('names the address when it cannot listen', async () => {
    await start({}, () => ({ status: 200, headers: {}, body: '' }));
    const port = Number(listener.address.split(':')[1]);
    await assert.rejects(
      test.world.http.listen({ kind: 'tls', host: '127.0.0.1', port, certificatePath, keyPath }, () => ({
        status: 200,
        headers: {},
        body: '',
      })),
      { name: 'FileError', path: listener.address },
    );
  });

  it('gives one address so many connections and no more, and takes new ones when old ones end', async () => {
    await start({ tlsConnectionsPerAddress: 3 }, () => ({ status: 200, headers: {}, body: '' }));
    for (let count = 0; count < 3; count++) await client();
    await assert.rejects(client());
    assert.ok(test.lines.some((line) => line.includes('has 3 connections already')));
    clients[0]?.close();
    let again: RawClient | undefined;
    while (again === undefined) again = await client().catch(() => undefined);
    again.send(postBytes('x'));
    assert.equal((await again.reply())?.status, 200);
  });

  it('serves so many connections and no more', async () => {
    await start({ tlsConnections: 2 }, () => ({ status: 200, headers: {}, body: '' }));
    for (let count = 0; count < 2; count++) await client();
    await assert.rejects(client());
  });

  it('cuts off who does not finish the handshake, and who speaks no TLS', async () => {
    await start({ headersTimeoutMs: 100, requestTimeoutMs: 200 }, () => ({ status: 200, headers: {}, body: '' }));
    const { connect: connectTcp } = await import('node:net');
    const port = Number(listener.address.split(':')[1]);
    for (const bytes of ['', 'POST / HTTP/1.1\r\n\r\n', '\u0016\u0003\u0001']) {
      const one = new RawClient(connectTcp(port, '127.0.0.1'));
      clients.push(one);
      one.send(bytes);
      await one.end();
    }
    await served();
  });

  it('answers a call that verifies the certificate by not trusting it', async () => {
    await start({}, () => ({ status: 200, headers: {}, body: '' }));
    const call = { method: 'GET', path: '/', headers: {}, body: '', timeoutMs: 5_000, maxReplyBytes: 1000 };
    await assert.rejects(test.world.http.call({ url: `https://${listener.address}` }, call), {
      name: 'HttpCallError',
      reason: 'not-trusted',
    });
  });
});
