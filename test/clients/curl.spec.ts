/** curl against the socket and the TLS port: the exact bytes of headers and bodies. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { accountPrograms } from '../lib/accounts.ts';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { skip } from '../lib/skip.ts';

interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('curl', () => {
  let host: TestAgent;

  before(async function () {
    if (spawnSync('curl', ['--version']).status !== 0) skip(this, 'curl is not installed');
    host = await startTestAgent({
      listen: '127.0.0.1:0',
      programs: accountPrograms({ root: { password: 'toor', uid: 0, groups: ['root'] } }),
    });
  });
  after(() => host?.remove());

  function run(args: readonly string[], input = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile('curl', ['-s', '-S', '-i', '--max-time', '15', ...args], (error, output, errors) => {
        if (error === null) resolve(output);
        else reject(new Error(errors || error.message));
      });
      child.stdin?.end(input);
    });
  }

  const parse = (output: string): Answer => {
    const end = output.indexOf('\r\n\r\n');
    const [first = '', ...lines] = output.slice(0, end).split('\r\n');
    const headers = lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.replace(/^[^:]*: */, ''),
    ]);
    return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers), body: output.slice(end + 4) };
  };
  const overSocket = async (path: string, ...args: readonly string[]): Promise<Answer> =>
    parse(await run(['--unix-socket', host.socketPath, `http://localhost${path}`, ...args]));
  const post = (path: string, body: string): Promise<Answer> => overSocket(path, '--data-binary', body);

  const login = { method: 'session.login_with_password', params: ['root', 'toor'] };

  it('is answered in the version of JSON-RPC that it spoke, with its id', async () => {
    const second = await post('/jsonrpc', JSON.stringify({ jsonrpc: '2.0', id: 'seven', ...login }));
    assert.match(second.body, /^\{"jsonrpc":"2\.0","result":"OpaqueRef:[0-9a-f-]{36}","id":"seven"\}$/);
    const first = await post('/jsonrpc', JSON.stringify({ id: 0, ...login }));
    assert.match(first.body, /^\{"result":"OpaqueRef:[0-9a-f-]{36}","error":null,"id":0\}$/);
    const wrong = { method: 'VM.get_all', params: ['OpaqueRef:no'] };
    assert.equal(
      (await post('/jsonrpc', JSON.stringify({ jsonrpc: '2.0', id: 7, ...wrong }))).body,
      '{"jsonrpc":"2.0","error":{"code":1,"message":"SESSION_INVALID","data":["OpaqueRef:no"]},"id":7}',
    );
    assert.equal(
      (await post('/jsonrpc', JSON.stringify({ id: 7, ...wrong }))).body,
      '{"result":null,"error":["SESSION_INVALID","OpaqueRef:no"],"id":7}',
    );
  });

  it('is answered with the exact content types that clients compare, and with a length', async () => {
    const json = await post('/jsonrpc', JSON.stringify({ id: 1, ...login }));
    const xml = await post('/', '<methodCall><methodName>system.listMethods</methodName><params/></methodCall>');
    assert.equal(json.headers['content-type'], 'application/json');
    assert.equal(xml.headers['content-type'], 'text/xml');
    for (const { status, headers, body } of [json, xml]) {
      assert.equal(status, 200);
      assert.equal(headers['access-control-allow-origin'], '*');
      assert.equal(headers['access-control-allow-headers'], 'X-Requested-With');
      assert.equal(headers['cache-control'], 'no-cache, no-store');
      assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
    }
    assert.match(xml.body, /^<\?xml version="1\.0"\?><methodResponse><params><param><value><array><data><value>/);
    assert.doesNotMatch(xml.body, />\s+</);
    assert.doesNotMatch(xml.body, /<string>/);
  });

  it('lets browsers ask first', async () => {
    for (const path of ['/', '/jsonrpc']) {
      const asked = ['-X', 'OPTIONS', '-H', 'Origin: https://lite.example', '-H'];
      const { status, headers, body } = await overSocket(
        path,
        ...asked,
        'Access-Control-Request-Headers: content-type',
      );
      assert.equal(status, 200);
      assert.equal(body, '');
      assert.equal(headers['access-control-allow-origin'], '*');
      assert.equal(headers['access-control-allow-headers'], 'content-type, X-Requested-With');
      assert.equal(headers['access-control-allow-methods'], 'PUT');
    }
  });

  it('gets a small page with 500 for what is no call, and the connection ends', async () => {
    const bad: readonly (readonly [string, string])[] = [
      ['/jsonrpc', '{'],
      ['/jsonrpc', '[]'],
      ['/jsonrpc', '{"method":"system.listMethods","params":[]}'],
      ['/jsonrpc', '{"jsonrpc":"1.5","method":"system.listMethods","params":[],"id":1}'],
      ['/jsonrpc', '<methodCall><methodName>system.listMethods</methodName></methodCall>'],
      ['/', ''],
      ['/', '{"method":"system.listMethods","params":[],"id":1}'],
      ['/', '<methodCall><methodName>system.listMethods</methodName>'],
      ['/', '<!DOCTYPE x [<!ENTITY e "x">]><methodCall><methodName>&e;</methodName></methodCall>'],
    ];
    for (const [path, body] of bad) {
      const answer = await post(path, body);
      assert.equal(answer.status, 500, body);
      assert.match(answer.headers['content-type'] ?? '', /^text\/html/);
      assert.equal(answer.headers['connection'], 'close');
      assert.match(answer.body, /^<html>.*<\/html>\s*$/s);
      assert.ok(answer.body.length < 1000);
    }
  });

  it('gets pages for other methods, and for a body that is too long', async () => {
    assert.equal((await overSocket('/nothing')).status, 404);
    assert.equal((await overSocket('/', '-X', 'BREW')).status, 501);
    const long = await run(
      ['--unix-socket', host.socketPath, 'http://localhost/', '-H', 'Expect:', '--data-binary', '@-'],
      'x'.repeat(400_000),
    );
    assert.equal(parse(long).status, 413);
  });

  it('trusts the certificate of the agent when it is given it, for its name and its addresses', async () => {
    const authority = join(host.directory, 'tls', 'certificate.pem');
    const port = Number(host.agent.addresses[1]?.split(':').at(-1));
    const body = JSON.stringify({ id: 1, ...login });
    const args = ['--data-binary', body, '--cacert', authority];
    for (const name of ['localhost', '127.0.0.1']) {
      const connectTo = ['--connect-to', `${name}:${port}:127.0.0.1:${port}`];
      const answer = parse(await run([...args, ...connectTo, `https://${name}:${port}/jsonrpc`]));
      assert.match(answer.body, /^\{"result":"OpaqueRef:/);
    }
    const { hostname } = await host.world.machine();
    const named = ['--connect-to', `${hostname}:${port}:127.0.0.1:${port}`];
    assert.equal(parse(await run([...args, ...named, `https://${hostname}:${port}/jsonrpc`])).status, 200);
    await assert.rejects(run(['--data-binary', body, `https://127.0.0.1:${port}/jsonrpc`]), /certificate/i);
    const other = ['--connect-to', `other.example:${port}:127.0.0.1:${port}`];
    await assert.rejects(run([...args, ...other, `https://other.example:${port}/jsonrpc`]), /other\.example/);
  });
});
