import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { journalOptions } from '../../src/database/format.ts';
import { type Journal, JournalError, loadAll } from '../../src/database/journal.ts';
import { logJournals } from '../../src/database/log-journal.ts';
import { crc32 } from '../../src/lib/crc32.ts';
import { limits } from '../../src/lib/limits.ts';
import { FaultyFiles } from '../lib/faulty-files.ts';

const path = '/state';

function open(files: FaultyFiles): Promise<Journal> {
  return logJournals(files).open(path, journalOptions({ create: true }));
}

function put(ref: string, fields: string): { class: string; ref: string; fields: string } {
  return { class: 'VM', ref, fields };
}

async function contents(journal: Journal): Promise<Record<string, string>> {
  return Object.fromEntries((await loadAll(journal)).map((object) => [object.ref, object.fields]));
}

function refusal(wanted: string, words: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof JournalError, String(thrown));
    assert.equal(thrown.refusal, wanted);
    assert.match(thrown.message, words);
    return true;
  };
}

describe('log journal', () => {
  it('knows the CRC of the textbook', () => {
    assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  });

  it('keeps deltas and the ceiling', async () => {
    const files = new FaultyFiles();
    const first = await open(files);
    await first.append({ generation: 1, changes: [put('a', '{"x":1}'), put('b', '{}')] });
    await first.append({ generation: 2, changes: [{ class: 'VM', ref: 'b', fields: undefined }, put('a', '{"x":2}')] });
    await first.raiseGenerationCeiling(77);
    await first.close();
    const second = await open(files);
    assert.deepEqual(await contents(second), { a: '{"x":2}' });
    assert.equal(await second.generationCeiling(), 77);
    assert.deepEqual(await second.check(), []);
  });

  it('writes itself anew before the past grows without end', async () => {
    const files = new FaultyFiles();
    const journal = await open(files);
    await journal.raiseGenerationCeiling(5);
    const fields = 'x'.repeat(100_000);
    for (let generation = 1; generation < 60; generation += 1) {
      await journal.append({ generation, changes: [put('a', `${generation}${fields}`)] });
    }
    assert.ok((files.held.get(path)?.seen.length ?? 0) < 1_500_000);
    await journal.close();
    const again = await open(files);
    assert.equal((await contents(again))['a'], `59${fields}`);
    assert.equal(await again.generationCeiling(), 5);
  });

  it('refuses what is newer, damaged, in use or no log, and leaves it as it is', async () => {
    const files = new FaultyFiles();
    const journals = logJournals(files);
    const journal = await journals.open(path, journalOptions({ create: true }));
    await journal.append({ generation: 1, changes: [put('a', '{}')] });
    const safe = files.held.get(path)?.seen.length ?? 0;
    await journal.append({ generation: 2, changes: [put('b', '{}')] });
    await assert.rejects(journals.open(path, journalOptions({ create: true })), refusal('locked', /in use/));
    await journal.close();
    const sound = Buffer.from(files.held.get(path)?.seen ?? []);
    const refused = async (bytes: Uint8Array, wanted: string, words: RegExp) => {
      await files.writeAtomic(path, bytes);
      await assert.rejects(open(files), refusal(wanted, words));
      assert.deepEqual(files.held.get(path)?.seen, Buffer.from(bytes));
    };
    const damaged = Buffer.from(sound);
    damaged[safe - 3] = 0;
    await refused(damaged, 'damaged', /damaged at byte/);
    await refused(Buffer.from('hello'), 'not-a-database', /no log of this agent/);
    await files.writeAtomic(path, sound);
    const newer = { ...journalOptions({ create: false }), schemaVersion: 0 };
    await assert.rejects(logJournals(files).open(path, newer), refusal('newer', /version 1, .* up to 0/));
    const none = logJournals(files).open('/none', journalOptions({ create: false }));
    await assert.rejects(none, refusal('io', /not there/));
    assert.ok(limits.logJournalBytes > 0);
  });

  it('upgrades an older log and keeps a copy', async () => {
    const files = new FaultyFiles();
    const old = await open(files);
    await old.append({ generation: 1, changes: [put('a', 'old'), put('b', 'old')] });
    await old.close();
    const newer = await logJournals(files).open(path, {
      create: false,
      schemaVersion: 2,
      upgrade: (object, from) => (object.ref === 'b' ? undefined : { ...object, fields: `from ${from}` }),
    });
    assert.deepEqual(await contents(newer), { a: 'from 1' });
    await newer.close();
    const copy = await logJournals(files).open(`${path}.version-1`, journalOptions({ create: false }));
    assert.deepEqual(await contents(copy), { a: 'old', b: 'old' });
  });

  it('has every acknowledged delta and no refused one after crashes and failures', async () => {
    const fault = fc.constantFrom(undefined, undefined, undefined, 'no-space' as const, 'io' as const);
    const round = fc.record({
      failures: fc.array(fault, { maxLength: 6 }),
      appends: fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
      together: fc.boolean(),
      crash: fc.array(fc.nat(1_000_000), { minLength: 4, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { maxLength: 8 }), async (rounds) => {
        let files = new FaultyFiles();
        let journal = await open(files);
        const disk = new Map<string, string>();
        let generation = 0;
        for (const { failures, appends, together, crash } of rounds) {
          files.failures.push(...failures);
          const running: Promise<void>[] = [];
          for (const refs of appends) {
            generation += 1;
            const changes = refs.map((ref, index) => put(`r${ref}`, `${generation}-${index}`));
            const appended = journal.append({ generation, changes }).then(
              () => changes.forEach((change) => disk.set(change.ref, change.fields)),
              () => undefined,
            );
            running.push(appended);
            if (!together) await appended;
          }
          await Promise.all(running);
          // A last one whose failure cannot be cleaned up in time may be there or not: make sure that it can.
          files.failures.length = 0;
          await journal.append({ generation, changes: [] });
          const unacknowledged = journal.append({ generation: generation + 1, changes: [put('last', 'maybe')] });
          unacknowledged.catch(() => undefined);
          if (crash[0] !== undefined && crash[0] % 2 === 0) await unacknowledged;
          let draw = 0;
          files = files.crash((below) => (crash[(draw += 1) % crash.length] ?? 0) % below);
          journal = await open(files);
          const found = await contents(journal);
          delete found['last'];
          assert.deepEqual(found, Object.fromEntries(disk));
          assert.deepEqual(await journal.check(), []);
        }
      }),
      { numRuns: 300 },
    );
  });
});
