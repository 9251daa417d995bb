import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const rounds = Number(process.env['QUORATE_CRASH_ROUNDS'] ?? 200);
const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What is known of an object: its label, that it is gone, or that a write to it was under way. */
interface Known {
  label: string | undefined;
  /** A write was begun and not acknowledged: either state is right. */
  open: boolean;
}

/** One database that is written and killed again and again, and everything that was acknowledged in it. */
class Victim {
  readonly path: string;
  readonly #writer: string;
  readonly #known = new Map<string, Known>();
  readonly #owners = new Map<string, string>();
  #generation = -1;
  acknowledged = 0;

  constructor(path: string, writer: string) {
    this.path = path;
    this.#writer = writer;
  }

  /** Starts the writer, kills it after a while, and looks at what it left. */
  async round(killAfterMs: number): Promise<void> {
    const child = spawn(process.execPath, [this.#writer, this.path], { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(child, 'close');
    let text = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      // The time runs from the moment that the database is open: earlier there is nothing to lose.
      if (text === '') setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      text += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece));
    const [code, signal] = (await closed) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL', `the writer ended by itself with ${code}: ${errors}`);
    for (const line of text.split('\n').slice(0, -1)) this.#hear(line.split(' '));
    this.#look();
  }

  #hear(words: readonly string[]): void {
    const [kind, first = '', second = '', third = '', fourth = ''] = words;
    if (kind === 'open') {
      assert.ok(Number(first) > this.#generation, `generation ${first} after ${this.#generation}`);
      this.#generation = Number(first);
      return;
    }
    if (kind === 'try') {
      this.#owners.set(second, first);
      this.#known.set(first, { label: this.#known.get(first)?.label, open: true });
      return;
    }
    // Acknowledgements of one sync may be heard in any order; the numbers never begin again.
    this.#generation = Math.max(this.#generation, Number(first));
    this.acknowledged += 1;
    if (kind === 'made') this.#known.set(second, { label: fourth, open: false });
    if (kind === 'changed') this.#known.set(second, { label: third, open: false });
    if (kind === 'gone') this.#known.set(second, { label: undefined, open: false });
  }

  /** Reads the file as any program would, without our code. */
  #look(): void {
    // For reading only: recovery is left to the next writer.
    const file = new DatabaseSync(this.path, { readOnly: true });
    assert.equal(file.prepare('PRAGMA quick_check').get()?.['quick_check'], 'ok');
    const found = new Map<string, Record<string, unknown>>();
    for (const row of file.prepare('SELECT ref, fields FROM object').iterate()) {
      found.set(String(row['ref']), JSON.parse(String(row['fields'])) as Record<string, unknown>);
    }
    file.close();
    for (const [ref, known] of this.#known) {
      const label = found.get(ref)?.['name_label'];
      if (!known.open) assert.equal(label, known.label, ref);
      known.label = label as string | undefined;
      known.open = false;
    }
    for (const [vbd, vm] of this.#owners)
      assert.equal(found.has(vbd), found.has(vm), 'a transaction is whole or absent');
    // What is settled as gone never comes back; forgetting it keeps the rounds short.
    for (const [ref, known] of this.#known) if (known.label === undefined && !known.open) this.#known.delete(ref);
  }
}

describe('database under kill -9', () => {
  let directory = '';
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-crash-'));
    // In one file it starts several times faster, and the thread is found beside a bundle as it is when installed.
    await build({
      entryPoints: [source('../lib/crash-writer.ts'), source('../../src/world/linux/journal-worker.ts')],
      outdir: directory,
      entryNames: '[name]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
    });
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  });
  after(() => rmSync(directory, { recursive: true }));

  it(`has every acknowledged write after each of ${rounds} kills`, async function () {
    this.timeout(60_000 + rounds * 1000);
    const victims = [0, 1].map(
      (number) => new Victim(join(directory, `victim-${number}.db`), join(directory, 'crash-writer.js')),
    );
    let left = rounds;
    await Promise.all(
      victims.map(async (victim) => {
        while (left > 0) {
          left -= 1;
          await victim.round(Math.floor(Math.random() * 40));
        }
      }),
    );
    assert.ok(victims.every((victim) => victim.acknowledged > 0));
  });
});
