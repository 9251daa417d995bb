/** What a new user does: builds it, starts it, stops it, pulls the plug, and gets things wrong. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { createCertificates } from '../../src/world/linux/certificates.ts';
import type { ApiClient } from '../lib/api-client.ts';
import { Built, type Daemon } from '../lib/built.ts';
import { vmRecord } from '../lib/records.ts';

describe('the daemon, started from a build', function () {
  this.timeout(60_000);
  let built: Built;
  let directory: string;

  before(async () => {
    built = await Built.make();
  });
  after(() => built?.remove());
  beforeEach(async () => {
    directory = await mkdtemp(join(built.directory, 'agent-'));
    await rm(directory, { recursive: true });
  });

  const start = (...args: readonly string[]): Daemon => built.start('--dir', directory, ...args);
  const isThere = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );

  it('says where it listens, and stops cleanly when it is told to', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const daemon = start('--listen', '127.0.0.1:0', '--listen', '[::1]:0');
      const [socket = '', ...tls] = await daemon.up();
      assert.equal(socket, join(directory, 'xapi'));
      assert.equal(tls.length, 2);
      assert.match(tls[0] ?? '', /^https:\/\/127\.0\.0\.1:[1-9]\d*$/);
      assert.match(tls[1] ?? '', /^https:\/\/\[::1\]:[1-9]\d*$/);
      assert.ok((await stat(socket)).isSocket());
      const { code } = await daemon.stop(signal);
      assert.equal(code, 0);
      assert.equal(await isThere(socket), false);
    }
  });

  it('stops cleanly when it is told to while it starts', async () => {
    const daemon = start();
    while (!(await isThere(join(directory, 'host-uuid')))) await setImmediate();
    assert.equal((await daemon.stop()).code, 0);
    assert.equal(await isThere(join(directory, 'xapi')), false);
    const again = start();
    await again.up();
    assert.equal((await again.stop()).code, 0);
  });

  it('stops although clients wait for events and keep their connections', async () => {
    const daemon = start();
    const client = await daemon.client();
    const [pool] = await client.call<string[]>('pool.get_all');
    const token = await client.call<string>('event.inject', 'pool', pool);
    const { token: current } = await client.call<{ token: string }>('event.from', ['pool'], token, 1);
    const waiting = client.call('event.from', ['vm'], current, 3600).catch((thrown: unknown) => thrown);
    await client.call('pool.get_all');
    const { code } = await daemon.stop();
    assert.equal(code, 0);
    assert.ok((await waiting) instanceof Error);
  });

  it('keeps its secrets to its owner', async () => {
    const daemon = start('--listen', '127.0.0.1:0');
    await daemon.up();
    const mode = async (...path: readonly string[]): Promise<string> =>
      ((await stat(join(directory, ...path))).mode & 0o777).toString(8);
    assert.equal(await mode(), '700');
    assert.equal(await mode('xapi'), '600');
    for (const name of ['host-uuid', 'pool-secret', 'state.db', 'tls/key.pem'])
      assert.equal(await mode(name), '600', name);
    assert.equal(await mode('tls'), '700');
    for (const name of await readdir(directory)) assert.doesNotMatch(await mode(name), /[1-7]$/, name);
    await daemon.stop();
  });

  it('is refused where another one runs, and leaves that one alone', async () => {
    const first = start();
    const client = await first.client();
    const second = await start('--listen', '127.0.0.1:0').ended;
    assert.equal(second.code, 1);
    assert.match(`${second.stdout}${second.stderr}`, /state\.db is in use/);
    assert.doesNotMatch(`${second.stdout}${second.stderr}`, /\n +at /, 'no stack');
    assert.deepEqual(await client.call('VM.get_all'), []);
    assert.ok((await stat(join(directory, 'xapi'))).isSocket());
    await first.stop();
  });

  it('says in a sentence what it could not use, without a stack', async () => {
    const file = join(built.directory, 'a-file');
    await writeFile(file, '');
    const long = join(built.directory, 'long'.repeat(40));
    const cases = [
      [['--dir', file], /a-file\/log: not a directory\.$/],
      [['--dir', '/proc/quorate'], /\/proc\/quorate\/log: no such file or directory\.$/],
      [['--dir', long], /the path of a socket has at most 107 bytes\.$/],
      [['--dir', directory, '--listen', '192.0.2.1:80'], /192\.0\.2\.1:80: /],
    ] as const;
    for (const [args, sentence] of cases) {
      const { code, stdout, stderr } = await built.start(...args).ended;
      const said = `${stdout}${stderr}`.trim();
      assert.equal(code, 1, said);
      assert.match(said.split('\n').at(-1) ?? '', sentence);
      assert.match(said, /The agent could not start: /);
      assert.doesNotMatch(said, /\n +at /, 'no stack');
    }
  });

  it('starts again at once after kill -9, with everything that was acknowledged', async () => {
    const labels: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const daemon = start();
      const client = await daemon.client();
      const found = await client.call<Record<string, { name_label: string }>>('VM.get_all_records');
      assert.deepEqual(
        Object.values(found)
          .map((vm) => vm.name_label)
          .toSorted(),
        labels.toSorted(),
      );
      assert.equal((await client.call<string[]>('host.get_all')).length, 1);
      const more = Array.from({ length: 20 }, (_, index) => `${round}/${index}`);
      await Promise.all(more.map((label) => client.call('VM.create', vmRecord(label))));
      labels.push(...more);
      const { code } = await daemon.stop('SIGKILL');
      assert.equal(code, null);
      assert.ok((await stat(join(directory, 'xapi'))).isSocket(), 'the socket was left behind');
    }
  });

  it('runs beside another one in its own directory', async () => {
    const other = await mkdtemp(join(built.directory, 'agent-'));
    const daemons = [start('--listen', '127.0.0.1:0'), built.start('--dir', other, '--listen', '127.0.0.1:0')];
    const clients: ApiClient[] = [];
    for (const daemon of daemons) clients.push(await daemon.client());
    await clients[0]?.call('VM.create', vmRecord('only here'));
    assert.equal((await clients[0]?.call<string[]>('VM.get_all'))?.length, 1);
    assert.equal((await clients[1]?.call<string[]>('VM.get_all'))?.length, 0);
    const uuids = await Promise.all([directory, other].map((path) => readFile(join(path, 'host-uuid'), 'utf8')));
    assert.notEqual(uuids[0], uuids[1]);
    for (const daemon of daemons) assert.equal((await daemon.stop()).code, 0);
  });

  it('refuses settings that it does not understand with a sentence about them', async () => {
    const file = join(built.directory, 'settings.conf');
    const withFile = async (text: string): Promise<readonly string[]> => {
      await writeFile(file, text);
      return ['--config', file];
    };
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['--listen', 'nonsense'], /--listen: "listen" must be addresses such as .*, not "nonsense"\./],
      [['--log-level', 'loud'], /"log-level" must be one of error, warn, info, debug, not "loud"\./],
      [['--no-such-option'], /--no-such-option/],
      [['positional'], /positional/],
      [['--config', '/nowhere/xapi.conf'], /There is no file \/nowhere\/xapi\.conf/],
      [await withFile('colour = red\n'), /settings\.conf, line 1: there is no setting "colour"/],
    ];
    for (const [args, sentence] of cases) {
      const { code, stderr, stdout } = await start(...args).ended;
      assert.equal(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
      assert.match(stderr, sentence);
      assert.match(stderr, /^quorated: [^\n]+\n$/, 'one line');
    }
    const { code, stderr } = await start(...(await withFile('# a remark\n\nlog-level = info\nlisten\n'))).ended;
    assert.equal(code, 2);
    assert.match(stderr, /line 4: expected "key = value", found "listen"/);
    assert.equal(await isThere(directory), false, 'nothing was made');
  });

  it('refuses an address that is taken, in a sentence', async () => {
    const other = await mkdtemp(join(built.directory, 'agent-'));
    const first = built.start('--dir', other, '--listen', '127.0.0.1:0');
    const [, tls = ''] = await first.up();
    const address = tls.replace('https://', '');
    const { code, stdout, stderr } = await start('--listen', address).ended;
    assert.equal(code, 1);
    assert.ok(`${stdout}${stderr}`.includes(address), `${stdout}${stderr}`);
    assert.doesNotMatch(`${stdout}${stderr}`, /\n +at /, 'no stack');
    await first.stop();
    const again = start('--listen', address);
    await again.up();
    await again.stop();
  });

  const refusals: readonly (readonly [string, (path: string) => Promise<void>, RegExp])[] = [
    [
      'a database that is damaged',
      async (path) => {
        const bytes = await readFile(path);
        bytes.fill(0x5a, 4096, 12_288);
        await writeFile(path, bytes);
      },
      /state\.db is damaged .*; it was left as it is: put a backup in its place/,
    ],
    [
      'a database that is cut short',
      async (path) => {
        await writeFile(path, (await readFile(path)).subarray(0, 8192));
      },
      /state\.db is damaged \(.*; it was left as it is/,
    ],
    [
      'a database of a newer version',
      async (path) => {
        const file = new DatabaseSync(path);
        file.exec('PRAGMA user_version = 999');
        file.close();
      },
      /state\.db has schema version 999, this program supports up to \d+; it was left as it is/,
    ],
    [
      'what is no database',
      (path) => writeFile(path, 'hello '.repeat(1000)),
      /state\.db is no database.*; it was left as it is/,
    ],
  ];
  for (const [what, spoil, sentence] of refusals) {
    it(`refuses ${what}, and leaves it as it is`, async () => {
      const daemon = start();
      await daemon.up();
      assert.equal((await daemon.stop()).code, 0);
      const path = join(directory, 'state.db');
      await spoil(path);
      const before = await readFile(path);
      const { code, stdout, stderr } = await start().ended;
      assert.equal(code, 1);
      assert.match(`${stdout}${stderr}`, sentence);
      assert.doesNotMatch(`${stdout}${stderr}`, /\n +at /, 'no stack');
      assert.ok(before.equals(await readFile(path)));
      assert.equal(await isThere(join(directory, 'xapi')), false);
    });
  }

  it('gives new connections a certificate that was put in place while it runs', async () => {
    const daemon = start('--listen', '127.0.0.1:0');
    const [, tls = ''] = await daemon.up();
    const port = Number(tls.split(':').at(-1));
    const subject = async (): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const certificate: DetailedPeerCertificate = socket.getPeerCertificate(true);
      socket.destroy();
      return certificate.subject.CN;
    };
    const old = await subject();
    const made = await createCertificates().selfSigned(['replacement.example'], 7);
    await writeFile(join(directory, 'tls/key.pem'), made.key);
    await writeFile(join(directory, 'tls/certificate.pem'), made.certificate);
    let now = old;
    while (now === old) now = await subject();
    assert.equal(now, 'replacement.example');
    assert.equal((await daemon.stop()).code, 0);
    const again = start('--listen', '127.0.0.1:0');
    await again.up();
    assert.equal(await readFile(join(directory, 'tls/key.pem'), 'utf8'), made.key, 'kept at the next start');
    await again.stop();
  });

  it('goes through backup, check, dump and restore on the command line', async () => {
    const daemon = start();
    const client = await daemon.client();
    const network = await client.call<string>('network.create', {
      name_label: 'kept',
      name_description: '',
      other_config: { a: '1' },
      tags: [],
    });
    const vm = await client.call<string>('VM.create', vmRecord('kept'));
    const record = await client.call('VM.get_record', vm);
    const quorate = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await built.quorate('--dir', directory, ...args);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const backup = join(directory, 'backup.db');
    await quorate('db', 'backup', `to=${backup}`);
    assert.equal(await quorate('vm-list', 'name-label=kept', 'params=name-label', '--minimal'), 'kept\n');
    await quorate('call', 'Async.VM.destroy', 'kept');
    await daemon.stop();
    assert.match(await quorate('db', 'check'), /state\.db is sound/);
    assert.match(await quorate('db', 'check', `file=${backup}`), /backup\.db is sound/);
    assert.ok(!(await quorate('db', 'dump')).includes(vm));
    const dump = join(directory, 'pool.dump');
    await writeFile(dump, await quorate('db', 'dump', `file=${backup}`));
    for (const name of await readdir(directory)) if (name.startsWith('state.db')) await rm(join(directory, name));
    await quorate('db', 'restore', `from=${dump}`);
    const again = start();
    const restored = await again.client();
    assert.deepEqual(await restored.call('VM.get_record', vm), record);
    assert.deepEqual(await restored.call('network.get_other_config', network), { a: '1' });
    assert.equal((await restored.call<string[]>('host.get_all')).length, 1);
    await again.stop();
  });
});
