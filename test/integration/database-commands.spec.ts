import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemaVersion } from '../../src/database/format.ts';
import { quorate } from '../lib/command-line.ts';

const uuid = '5b0dc71c-2f9d-4f0a-9a3e-6f3a0c9f7a10';
const header = { dump: 'quorate database', format: 1, schemaVersion, generationCeiling: 7, objects: 1 };
const secret = { class: 'secret', ref: `OpaqueRef:${uuid}`, fields: { uuid, value: 'x', other_config: { a: '1' } } };
const dump = `${JSON.stringify(header)}\n${JSON.stringify(secret)}\n`;

describe('the commands about the database file', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quorate-db-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const db = (...words: readonly string[]) => quorate(['--dir', directory, 'db', ...words]);

  it('restore, check, dump and copy it', async () => {
    const restored = await quorate(['--dir', directory, 'db', 'restore', 'from=-'], { input: dump });
    assert.equal(restored.code, 0, restored.stderr);
    assert.equal(restored.stderr, `1 object was restored to ${directory}/state.db.\n`);
    const checked = await db('check');
    assert.equal(checked.code, 0, checked.stderr);
    assert.equal(checked.stdout, `${directory}/state.db is sound.\n`);
    const dumped = await db('dump');
    assert.equal(dumped.stdout.split('\n')[1], JSON.stringify(secret));
    const copy = join(directory, 'copy.db');
    assert.equal((await db('backup', `to=${copy}`)).code, 0);
    assert.equal((await db('dump', `file=${copy}`)).stdout, dumped.stdout);
  });

  it('never replace a file, and leave it as it was', async () => {
    const file = join(directory, 'pool.dump');
    await writeFile(file, dump);
    assert.equal((await db('restore', `from=${file}`)).code, 0);
    const before = await readFile(join(directory, 'state.db'));
    const { code, stderr } = await db('restore', `from=${file}`);
    assert.equal(code, 1);
    assert.match(stderr, /^Error: .*state\.db exists already/);
    assert.ok(before.equals(await readFile(join(directory, 'state.db'))));
  });

  it('say what is missing or wrong', async () => {
    const missing = await db('check');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /There is no database .*state\.db\. Name the file with file=/);
    await writeFile(join(directory, 'state.db'), 'not a database at all, and long enough to be looked at by anybody');
    assert.match((await db('dump')).stderr, /^Error: .*state\.db/);
    const torn = await quorate(['--dir', directory, 'db', 'restore', 'from=-', `file=${directory}/new.db`], {
      input: `${JSON.stringify({ ...header, objects: 2 })}\n${JSON.stringify(secret)}\n`,
    });
    assert.equal(torn.code, 1);
    assert.match(torn.stderr, /The dump cannot be read: line/);
    const nowhere = await quorate(['--dir', `${directory}/none`, 'db', 'restore', 'from=-'], { input: dump });
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /^Error: There is no directory .*\/none for the database\. Make it first/);
    assert.equal((await db('chek')).code, 2);
    assert.match((await db('backup')).stderr, /needs to=/);
  });
});
