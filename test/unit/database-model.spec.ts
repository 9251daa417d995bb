import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Commit, Database, Row, Transaction } from '../../src/database/types.ts';
import { ApiError, type ClassName } from '../../src/datamodel/index.ts';
import { datamodel, idleClock, testDatabase } from '../lib/database.ts';
import { MemoryJournal } from '../lib/memory-journal.ts';
import { NaiveDatabase, Refused } from '../lib/naive-database.ts';

const nullRef = 'OpaqueRef:NULL';

/** Fields that the random work writes, with where their values come from. */
const playground: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  VM: {
    uuid: 'uuid',
    name_label: 'text',
    tags: 'texts',
    current_operations: 'operations',
    snapshot_of: 'VM',
    parent: 'VM',
    resident_on: 'host',
    suspend_VDI: 'VDI',
    blobs: 'values blob',
  },
  VBD: { VM: 'VM', VDI: 'VDI', metrics: 'VBD_metrics', bootable: 'bool' },
  VDI: { name_label: 'text', snapshot_of: 'VDI', parent: 'VDI' },
  VIF: { VM: 'VM', network: 'network' },
  network: { name_label: 'text', assigned_ips: 'keys VIF' },
  host: { name_label: 'text', control_domain: 'VM' },
  VBD_metrics: {},
  blob: { name_label: 'text' },
  role: { subroles: 'set role' },
  subject: { roles: 'set role' },
  session: { this_host: 'host', parent: 'session' },
  task: { name_label: 'text', session: 'session', subtask_of: 'task' },
};
const classNames = Object.keys(playground) as ClassName[];

/** Numbers that the run turns into objects and values, so that they fit whatever state there is. */
interface Op {
  readonly kind: 'create' | 'update' | 'destroy' | 'touch';
  readonly class: ClassName;
  readonly pick: number;
  readonly fields: readonly (readonly [number, number])[];
}
type Step =
  | { readonly kind: 'transaction'; readonly ops: readonly Op[]; readonly fails: boolean }
  | { readonly kind: 'flush' | 'hold' | 'break' | 'restart' };

const op: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom(
    'create' as const,
    'create' as const,
    'update' as const,
    'update' as const,
    'destroy' as const,
    'touch' as const,
  ),
  class: fc.constantFrom(...classNames),
  pick: fc.nat(7),
  fields: fc.array(fc.tuple(fc.nat(7), fc.nat(11)), { maxLength: 3 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('transaction' as const),
      ops: fc.array(op, { minLength: 1, maxLength: 8, size: 'max' }),
      fails: fc.nat(7).map((number) => number === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('flush' as const, 'hold' as const, 'break' as const, 'restart' as const),
    }),
  },
);

class Run {
  readonly model = new NaiveDatabase(datamodel);
  journal = new MemoryJournal();
  #database: Database | undefined;
  #commits: Commit[] = [];
  #mirror = new Map<string, Row>();
  #made = 0;
  #start = 0;

  get database(): Database {
    assert.ok(this.#database);
    return this.#database;
  }

  async open(): Promise<void> {
    this.#database = (await testDatabase(this.journal)).database;
    this.#commits = [];
    this.#start = this.database.generation;
    this.#mirror = new Map(this.#rows());
    this.database.onCommit((commit) => this.#apply(commit));
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case 'transaction':
        this.#transaction(next.ops, next.fails);
        // Held back, the first delta is on its way and the later ones gather behind it.
        if (this.journal.held !== undefined) for (let turn = 0; turn < 3; turn += 1) await idleClock.yield();
        return;
      case 'flush':
        await this.#flush();
        return;
      case 'hold':
        await this.#flush();
        return this.journal.hold();
      case 'break':
        this.journal.broken = 'io';
        this.journal.release();
        await this.database.flush().catch(() => undefined);
        this.journal.broken = undefined;
        return this.#refused();
      case 'restart':
        await this.#flush();
        await this.database.close();
        this.model.restart();
        return this.open();
    }
  }

  async #flush(): Promise<void> {
    this.journal.release();
    await this.database.flush();
    this.model.flush();
  }

  compare(): void {
    const rows = new Map(this.#rows());
    assert.deepEqual([...rows.keys()].sort(), [...this.model.state.keys()].sort());
    for (const [ref, row] of rows) {
      const wanted = this.model.row(ref);
      const className = this.model.state.get(ref)?.class as ClassName;
      assert.deepEqual(sorted(row, className), sorted(wanted, className), `${className} ${ref}`);
      assert.equal(this.database.byUuid(className, String(row['uuid'])), ref);
      if ('name_label' in row) assert.ok(this.database.byNameLabel(className, String(row['name_label'])).includes(ref));
    }
    for (const className of classNames) this.#compareLabels(className);
    assert.deepEqual(this.#mirror, rows, 'the commits tell of every change');
    assert.deepEqual([...(this.database.changesSince(this.#start) ?? [])], this.#commits);
    for (const className of classNames) {
      const segments = this.database.segments(className);
      assert.equal(
        segments.reduce((sum, segment) => sum + segment.refs.length, 0),
        this.database.count(className),
      );
      assert.ok(segments.every((segment) => segment.refs.length > 0 && segment.refs.length === segment.rows.length));
    }
  }

  #compareLabels(className: ClassName): void {
    for (const label of texts) {
      const wanted = [...this.model.state].filter(
        ([, object]) => object.class === className && object.fields['name_label'] === label,
      );
      const found = this.database.byNameLabel(className, label);
      assert.deepEqual([...found].sort(), wanted.map(([ref]) => ref).sort());
    }
  }

  *#rows(): Iterable<[string, Row]> {
    for (const className of classNames) {
      for (const ref of this.database.refs(className)) yield [ref, this.database.require(className, ref)];
    }
  }

  #apply(commit: Commit): void {
    assert.ok(commit.generation > (this.#commits.at(-1)?.generation ?? this.#start));
    this.#commits.push(commit);
    for (const { ref, kind, row } of commit.changes) {
      assert.equal(this.#mirror.has(ref), kind !== 'add');
      if (kind === 'del') this.#mirror.delete(ref);
      else this.#mirror.set(ref, row);
    }
  }

  #transaction(ops: readonly Op[], fails: boolean): void {
    const before = new Map(this.#rows());
    const { generation } = this.database;
    const happened = this.model.transaction(() => {
      try {
        this.database.transaction((tx) => {
          for (const next of ops) {
            const refused = this.#both(this.#resolve(next), tx);
            // A refused step has changed nothing: the work may go on without it, or give up.
            if (refused !== undefined && next.pick === 6) throw refused;
          }
          if (fails) throw new Refused('stop');
        });
      } catch (thrown) {
        if (thrown instanceof ApiError) throw new Refused(thrown.code);
        throw thrown;
      }
    });
    if (happened) return;
    assert.equal(this.database.generation, generation);
    assert.deepEqual(new Map(this.#rows()), before);
  }

  /** Both do it, or both refuse it for the same reason. */
  #both(run: { real(tx: Transaction): void; naive(): void }, tx: Transaction): ApiError | undefined {
    let refused: ApiError | undefined;
    try {
      run.real(tx);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      refused = thrown;
    }
    let twin: string | undefined;
    this.model.transaction(() => {
      try {
        run.naive();
      } catch (thrown) {
        if (thrown instanceof Refused) twin = thrown.message;
        throw thrown;
      }
    });
    assert.equal(refused?.code, twin);
    return refused;
  }

  #resolve(next: Op): { real(tx: Transaction): void; naive(): void } {
    const className = next.class;
    const fields = this.#values(className, next.fields);
    const refs = [...this.model.state].filter(([, object]) => object.class === className).map(([ref]) => ref);
    const ref = refs[next.pick % Math.max(refs.length, 7)] ?? refs[0] ?? 'OpaqueRef:nowhere';
    this.#made += 1;
    const made = `OpaqueRef:made-${this.#made}`;
    const whole = {
      uuid: next.pick === 7 ? 'same' : made,
      ...(className === 'subject' ? { roles: [] } : {}),
      ...fields,
    };
    switch (next.kind) {
      case 'create':
        return {
          real: (tx) => tx.create(className, whole, made),
          naive: () => this.model.create(className, made, whole),
        };
      case 'update':
        return {
          real: (tx) => tx.update(className, ref, fields),
          naive: () => this.model.update(className, ref, fields),
        };
      case 'destroy':
        return { real: (tx) => tx.destroy(className, ref), naive: () => this.model.destroy(className, ref) };
      case 'touch':
      default:
        return { real: (tx) => tx.touch(className, ref), naive: () => this.model.update(className, ref, {}) };
    }
  }

  #values(className: string, picks: readonly (readonly [number, number])[]): Record<string, unknown> {
    const fields = Object.entries(playground[className] ?? {});
    return Object.fromEntries(
      picks.flatMap(([at, pick]) => {
        const field = fields[at % Math.max(1, fields.length)];
        return field === undefined ? [] : [[field[0], this.#value(field[1], pick)]];
      }),
    );
  }

  #value(source: string, pick: number): unknown {
    const refs = (className: string): string[] =>
      [...this.model.state].filter(([, object]) => object.class === className).map(([ref]) => ref);
    const [shape, className] = source.split(' ');
    if (source === 'uuid') return `u${pick % 4}`;
    if (source === 'text') return texts[pick % texts.length];
    if (source === 'texts') return texts.slice(0, pick % 3);
    if (source === 'bool') return pick % 2 === 0;
    if (source === 'operations') return pick % 2 === 0 ? {} : { [`task-${pick}`]: 'start' };
    if (className === undefined) {
      const choices = [...refs(source), nullRef, nullRef, ...(pick === 11 ? ['OpaqueRef:nowhere'] : [])];
      return choices[(pick * 5) % choices.length];
    }
    const chosen = refs(className).filter((_ref, index) => (pick >> (index % 3)) % 2 === 1);
    if (shape === 'set') return chosen;
    if (shape === 'keys') return Object.fromEntries(chosen.map((ref) => [ref, 'address']));
    return Object.fromEntries(chosen.map((ref, index) => [index === 0 ? '__proto__' : `k${index}`, ref]));
  }

  /** Fields that are not stored come back with an object as they were or as they begin: the rules leave it open. */
  #refused(): void {
    this.model.refuse();
    for (const [ref, object] of this.model.state) {
      const row = this.database.get(object.class as ClassName, ref) as Row | undefined;
      assert.ok(row, `${object.class} ${ref} is there again`);
      for (const field of this.model.fieldsOf(object.class)) {
        if (!field.persistent && field.name === 'current_operations') object.fields[field.name] = row[field.name];
        if (object.class === 'VBD' && field.name === 'metrics' && row['metrics'] === nullRef) {
          object.fields['metrics'] = nullRef;
        }
      }
    }
  }
}

const texts = ['one', 'two', 'three'];

/** Computed ends are sets without an order. */
function sorted(row: Readonly<Record<string, unknown>>, className: string): Readonly<Record<string, unknown>> {
  const copy: Record<string, unknown> = { ...row };
  for (const { to } of datamodel.relations) {
    if (to[0] === className) copy[to[1]] = [...(copy[to[1]] as readonly string[])].sort();
  }
  return copy;
}

describe('database against its slow twin', () => {
  it('does the same in random transactions, with failures, refusing disks and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
        const run = new Run();
        await run.open();
        for (const next of steps) {
          await run.take(next);
          run.compare();
        }
        run.journal.release();
        await run.database.close();
      }),
      { numRuns: 200 },
    );
  });
});
