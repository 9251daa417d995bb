/** Objects that look like those of a real pool, made from the datamodel and a seed. */
import type { Row, Segment } from '../../src/database/types.ts';
import type { ApiType, Datamodel } from '../../src/datamodel/index.ts';

/** A small generator of numbers from 0 up to 1 (mulberry32): the same seed gives the same objects. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class SampleRows {
  readonly #datamodel: Datamodel;
  readonly #random: () => number;

  constructor(datamodel: Datamodel, seed: number) {
    this.#datamodel = datamodel;
    this.#random = seeded(seed);
  }

  ref(): string {
    const hex = (length: number): string =>
      Array.from({ length }, () => Math.floor(this.#random() * 16).toString(16)).join('');
    return `OpaqueRef:${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`;
  }

  row(className: string): Row {
    const fields = this.#datamodel.classes.get(className)?.fields ?? [];
    return Object.fromEntries([...fields].map(([name, field]) => [name, this.#value(field.type)]));
  }

  segments(className: string, rows: number, rowsPerSegment: number): Segment[] {
    const segments: Segment[] = [];
    for (let left = rows; left > 0; left -= rowsPerSegment) {
      const length = Math.min(left, rowsPerSegment);
      const refs = Array.from({ length }, () => this.ref());
      segments.push({ refs, rows: refs.map(() => this.row(className)), encoded: new Map() });
    }
    return segments;
  }

  #value(type: ApiType): unknown {
    switch (type.kind) {
      case 'string':
        return this.#text();
      case 'int':
        return Math.floor(this.#random() * 2 ** 34);
      case 'float':
        return this.#random();
      case 'bool':
        return this.#random() < 0.5;
      case 'datetime':
        return '20261120T09:30:00Z';
      case 'ref':
        return this.ref();
      case 'enum':
        return this.#pick(this.#datamodel.enums[type.name] ?? ['']);
      case 'set':
        return Array.from({ length: 3 }, () => this.#value(type.of));
      case 'map':
        return Object.fromEntries(
          Array.from({ length: 5 }, (_, index) => [this.#key(type.key, index), this.#value(type.value)]),
        );
      case 'option':
        return this.#value(type.of);
      case 'record':
        return this.row(type.class);
      case 'void':
        break;
    }
    return '';
  }

  /** Mostly short and plain; some of it needs escaping, little of it is beyond ASCII, some is XML itself. */
  #text(): string {
    const kind = this.#random();
    if (kind < 0.4) return '';
    if (kind < 0.8) return `server ${Math.floor(this.#random() * 1000)}`;
    if (kind < 0.93) return 'a longer description of what this one is there for';
    if (kind < 0.97) return 'R & D, room "4"';
    if (kind < 0.99) return '<restrictions><restriction field="memory-static-max" max="137438953472"/></restrictions>';
    return 'Größe, 大小, 😀';
  }

  #key(type: ApiType, index: number): string {
    return type.kind === 'string' ? `some-key-${index}` : String(this.#value(type));
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }
}
