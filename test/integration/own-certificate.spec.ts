import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';

function status(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ca, agent: false }, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    });
    outgoing.on('error', reject).end();
  });
}

describe('the certificate that an agent makes for itself', () => {
  let started: TestAgent;
  let pem: string;
  before(async () => {
    started = await startTestAgent({ listen: '127.0.0.1:0' });
    pem = await readFile(join(started.directory, 'tls/certificate.pem'), 'utf8');
  });
  after(() => started.remove());

  it('is enough for a client on the same machine that checks it', async () => {
    const port = started.agent.addresses[1]?.split(':').at(-1);
    assert.equal(await status(`https://127.0.0.1:${port}/`, pem), 404);
  });

  it('names the machine and its addresses', async () => {
    const { hostname, addresses } = await started.world.machine();
    const certificate = new X509Certificate(pem);
    assert.equal(certificate.subject, `CN=${hostname}`);
    for (const name of [hostname, 'localhost']) assert.equal(certificate.checkHost(name), name);
    for (const address of [...addresses, '127.0.0.1']) assert.ok(certificate.checkIP(address), address);
  });

  it('has a key for the eyes of its owner only', async () => {
    assert.equal((await stat(join(started.directory, 'tls/key.pem'))).mode & 0o777, 0o600);
  });

  it('stays the same after a restart', async () => {
    started = await started.restart();
    assert.equal(await readFile(join(started.directory, 'tls/certificate.pem'), 'utf8'), pem);
  });
});
