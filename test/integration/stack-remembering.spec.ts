import assert from 'node:assert/strict';
import { rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ReadFiles, rememberingFiles } from '../../src/stack/remembering-files.ts';
import { linuxTestWorld, type TestWorld } from '../lib/linux-world.ts';

describe('files that are remembered between looks', () => {
  let test: TestWorld;
  let reads: string[];
  /** How far ahead of the file system's times the clock is. */
  let aheadMs: number;
  let files: ReadFiles;
  beforeEach(async () => {
    test = await linuxTestWorld();
    reads = [];
    aheadMs = 60_000;
    const { files: disk, clock } = test.world;
    const counted: ReadFiles = {
      entry: (path) => disk.entry(path),
      list: (path) => {
        reads.push('list');
        return disk.list(path);
      },
      read: (path, most) => {
        reads.push('read');
        return disk.read(path, most);
      },
    };
    files = rememberingFiles(counted, { nowMs: () => clock.nowMs() + aheadMs }, 2);
    await writeFile(join(test.directory, 'a'), 'one');
  });
  afterEach(() => test.end());

  const text = async (name = 'a'): Promise<string> =>
    Buffer.from(await files.read(join(test.directory, name), 100)).toString();

  it('are not read again while nothing changes', async () => {
    for (let turn = 0; turn < 3; turn++) {
      assert.equal(await text(), 'one');
      assert.deepEqual(await files.list(test.directory), ['a']);
    }
    assert.deepEqual(reads, ['read', 'list']);
  });

  it('are read again when they change, however well that is hidden', async () => {
    assert.equal(await text(), 'one');
    const old = new Date(2001, 1, 1);
    await utimes(join(test.directory, 'a'), old, old);
    assert.equal(await text(), 'one');
    await writeFile(join(test.directory, 'a'), 'two');
    await utimes(join(test.directory, 'a'), old, old);
    assert.equal(await text(), 'two');
    await writeFile(join(test.directory, 'b'), 'six');
    await rename(join(test.directory, 'b'), join(test.directory, 'a'));
    assert.equal(await text(), 'six');
    await files.list(test.directory);
    await writeFile(join(test.directory, 'c'), '');
    assert.deepEqual(await files.list(test.directory), ['a', 'c']);
  });

  it('are read each time so long as they could change again within one tick of the file system', async () => {
    aheadMs = 0;
    assert.deepEqual([await text(), await text()], ['one', 'one']);
    assert.deepEqual(reads, ['read', 'read']);
  });

  it('are read each time through a link', async () => {
    await symlink('a', join(test.directory, 'link'));
    assert.equal(await text('link'), 'one');
    await writeFile(join(test.directory, 'a'), 'two');
    assert.equal(await text('link'), 'two');
  });

  it('are forgotten when there are too many, the oldest first', async () => {
    for (const name of ['b', 'c']) await writeFile(join(test.directory, name), name);
    for (const name of ['a', 'b', 'c']) await text(name);
    reads.length = 0;
    await text('c');
    await text('b');
    assert.deepEqual(reads, []);
    await text('a');
    assert.deepEqual(reads, ['read']);
  });

  it('that fail are tried again', async () => {
    await assert.rejects(text('missing'), { code: 'not-found' });
    await writeFile(join(test.directory, 'missing'), 'here');
    assert.equal(await text('missing'), 'here');
  });
});
