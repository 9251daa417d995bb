/**
 * The program that the crash test kills: opens a database, writes with several writers until it ends, and prints each
 * write that was acknowledged. Argument: the file.
 */

import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openDatabase } from '../../src/database/database.ts';
import { journalOptions } from '../../src/database/format.ts';
import { deriveDatamodel } from '../../src/datamodel/index.ts';
import { sqliteJournals } from '../../src/world/linux/sqlite-journal.ts';
import { collectingLog, idleClock } from './database.ts';

const [, , path = ''] = process.argv;
const journal = await sqliteJournals().open(path, journalOptions({ create: true }));
const database = await openDatabase({
  datamodel: deriveDatamodel(),
  clock: idleClock,
  random: { bytes: (length) => new Uint8Array(length), uuid: () => randomUUID(), integer: () => 0 },
  log: collectingLog(),
  journal,
});

/** Written at once and in full, as far as the listener takes it: what is said was said before anything else happens. */
function say(...words: readonly (string | number)[]): void {
  let rest = Buffer.from(`${words.join(' ')}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN')) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

say('open', database.generation, database.count('VM'));

async function writer(): Promise<never> {
  const mine: { vm: string; vbd: string }[] = [];
  for (let turn = 0; ; turn += 1) {
    const oldest = mine.length > 3 ? mine.shift() : undefined;
    const label = `label-${turn}`;
    const made = database.transaction((tx) => {
      const vm = tx.create('VM', { name_label: label });
      return { vm, vbd: tx.create('VBD', { VM: vm, userdevice: '0' }) };
    });
    say('try', made.value.vm, made.value.vbd);
    await made.durable;
    say('made', made.commit?.generation ?? 0, made.value.vm, made.value.vbd, label);
    mine.push(made.value);
    const changed = database.transaction((tx) => tx.update('VM', made.value.vm, { name_label: `${label}-changed` }));
    say('try', made.value.vm, made.value.vbd);
    await changed.durable;
    say('changed', changed.commit?.generation ?? 0, made.value.vm, `${label}-changed`);
    if (oldest === undefined) continue;
    const gone = database.transaction((tx) => {
      tx.destroy('VBD', oldest.vbd);
      tx.destroy('VM', oldest.vm);
    });
    say('try', oldest.vm, oldest.vbd);
    await gone.durable;
    say('gone', gone.commit?.generation ?? 0, oldest.vm, oldest.vbd);
  }
}

await Promise.all(Array.from({ length: 6 }, writer));
