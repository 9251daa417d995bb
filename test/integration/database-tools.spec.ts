import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../src/database/database.ts';
import { DumpError } from '../../src/database/dump.ts';
import { journalOptions } from '../../src/database/format.ts';
import { JournalError, type Journals, loadAll } from '../../src/database/journal.ts';
import { logJournals } from '../../src/database/log-journal.ts';
import {
  backupDatabase,
  checkDatabase,
  dumpDatabase,
  RestoreError,
  restoreDatabase,
} from '../../src/database/tools.ts';
import type { Database } from '../../src/database/types.ts';
import { createFiles } from '../../src/world/linux/files.ts';
import { createRandom } from '../../src/world/linux/random.ts';
import { sqliteJournals } from '../../src/world/linux/sqlite-journal.ts';
import type { Files } from '../../src/world/world.ts';
import { collectingLog, countingRandom, datamodel, idleClock } from '../lib/database.ts';
import { FaultyFiles } from '../lib/faulty-files.ts';

interface Place {
  readonly world: { readonly files: Files; readonly journals: Journals };
  readonly directory: string;
  /** Writes straight into the stored fields of an object. */
  spoil(path: string, ref: string, replace: (fields: string) => string): Promise<void>;
  end(): void;
}

function sqlitePlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-tools-'));
  return {
    world: { files: createFiles(createRandom()), journals: sqliteJournals() },
    directory,
    async spoil(path, ref, replace) {
      const file = new DatabaseSync(path);
      const fields = String(file.prepare('SELECT fields FROM object WHERE ref = ?').get(ref)?.['fields']);
      file.prepare('UPDATE object SET fields = ? WHERE ref = ?').run(replace(fields), ref);
      file.close();
    },
    end: () => rmSync(directory, { recursive: true }),
  };
}

function logPlace(): Place {
  const files = new FaultyFiles();
  const journals = logJournals(files);
  return {
    world: { files, journals },
    directory: '/logs',
    async spoil(path, ref, replace) {
      const journal = await journals.open(path, journalOptions({ create: false }));
      const object = (await loadAll(journal)).find((found) => found.ref === ref);
      assert.ok(object);
      await journal.append({ generation: 0, changes: [{ ...object, fields: replace(object.fields) }] });
      await journal.close();
    },
    end: () => undefined,
  };
}

async function open(place: Place, path: string): Promise<Database> {
  const journal = await place.world.journals.open(path, journalOptions({ create: true }));
  return openDatabase({ datamodel, clock: idleClock, random: countingRandom(), log: collectingLog(), journal });
}

for (const [name, makePlace] of [
  ['SQLite', sqlitePlace],
  ['a log', logPlace],
] as const) {
  describe(`database tools over ${name}`, () => {
    let place: Place;
    let path = '';
    let vm = '';
    let vbd = '';
    let database: Database;
    beforeEach(async () => {
      place = makePlace();
      path = join(place.directory, 'state');
      database = await open(place, path);
      const made = database.transaction((tx) => {
        const other_config = JSON.parse('{"z":"1","a":"2","__proto__":"3"}') as Record<string, string>;
        const first = tx.create('VM', { name_label: 'one', other_config, tags: ['b', 'a'] });
        return { vm: first, vbd: tx.create('VBD', { VM: first }) };
      });
      ({ vm, vbd } = made.value);
      await made.durable;
    });
    afterEach(async () => {
      await database.close();
      place.end();
    });

    const dump = async (from: string): Promise<string> => [...(await dumpDatabase(place.world, from))].join('');

    it('find a sound database sound, while it is open', async () => {
      assert.deepEqual(await checkDatabase(place.world, path), []);
    });

    it('name bad values, unknown fields, dangling references and double uuids', async () => {
      await database.close();
      await place.spoil(path, vbd, (fields) =>
        fields.replace(vm, 'OpaqueRef:gone').replace('"bootable":false', '"bootable":"no"'),
      );
      await place.spoil(path, vm, (fields) => fields.replace('"name_label"', '"label"'));
      const sentences = await checkDatabase(place.world, path);
      assert.deepEqual(
        [
          /VBD .* bad value: FIELD_TYPE_ERROR: VBD\.bootable/,
          /VM .* field label, which is not/,
          /VBD .* OpaqueRef:gone, which is not there/,
        ].filter((pattern) => !sentences.some((sentence) => pattern.test(sentence))),
        [],
        sentences.join('\n'),
      );
    });

    it('dump the same contents as the same text, and restore them', async () => {
      const first = await dump(path);
      assert.equal(await dump(path), first);
      const [header = '', line = ''] = first
        .split('\n')
        .filter((text) => text.includes('"dump"') || text.includes('"one"'));
      assert.match(header, /"schemaVersion":1,"generationCeiling":\d+,"objects":2/);
      assert.match(line, /"other_config":\{"__proto__":"3","a":"2","z":"1"\}/);
      assert.match(line, /"tags":\["b","a"\]/);
      const target = join(place.directory, 'restored');
      assert.equal(await restoreDatabase(place.world, target, { dump: first }), 2);
      assert.equal(await dump(target), first);
      const restored = await open(place, target);
      assert.deepEqual(restored.require('VM', vm), database.require('VM', vm));
      assert.ok(restored.generation > database.generation);
      await restored.close();
    });

    it('restore nothing over an existing file, from half a dump, or from a bad one', async () => {
      const text = await dump(path);
      const restore = (dumped: string, to = 'restored') =>
        restoreDatabase(place.world, join(place.directory, to), { dump: dumped });
      const because = (kind: new (...args: never[]) => Error, words: RegExp) => (thrown: unknown) => {
        assert.ok(thrown instanceof kind, String(thrown));
        assert.match(thrown.message, words);
        return true;
      };
      await assert.rejects(restore(text, 'state'), because(JournalError, /exists already/));
      const lines = text.split('\n');
      await assert.rejects(restore(lines.slice(0, 2).join('\n')), because(DumpError, /2 objects were announced and 1/));
      await assert.rejects(restore(text.slice(0, -20)), because(DumpError, /line 3: is no JSON/));
      await assert.rejects(restore('hello'), because(DumpError, /line 1: is no JSON/));
      await assert.rejects(restore('{}'), because(DumpError, /line 1: is no header/));
      await assert.rejects(
        restore(text.replace(`"VM":"${vm}"`, '"VM":"OpaqueRef:gone"')),
        because(RestoreError, /OpaqueRef:gone, which is not there/),
      );
      await assert.rejects(
        restore(text.replace('"schemaVersion":1', '"schemaVersion":99')),
        because(RestoreError, /schema version 99/),
      );
      assert.equal(await place.world.files.status(join(place.directory, 'restored')), undefined);
    });

    it('copy a database while it is open', async () => {
      const copy = join(place.directory, 'copy');
      await backupDatabase(place.world, path, { to: copy });
      assert.equal(
        (await dump(copy)).split('\n').slice(1).join('\n'),
        (await dump(path)).split('\n').slice(1).join('\n'),
      );
      if (name === 'SQLite') {
        assert.equal(statSync(copy).mode & 0o777, 0o600);
        assert.deepEqual(
          readdirSync(place.directory).filter((file) => /partial|restoring/.test(file)),
          [],
        );
      }
    });
  });
}
