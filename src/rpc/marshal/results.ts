/** Results that are more than one plain value: they go out piece by piece from what the database already holds. */
import type { Row, Segment } from '../../database/types.ts';

/** All objects of a class: what get_all_records returns. */
export class RecordSet {
  readonly class: string;
  readonly segments: readonly Segment[];

  constructor(className: string, segments: readonly Segment[]) {
    this.class = className;
    this.segments = segments;
  }
}

/** Some objects of a class: what get_all_records_where returns. */
export class RecordSubset {
  readonly class: string;
  readonly entries: readonly (readonly [ref: string, row: Row])[];

  constructor(className: string, entries: readonly (readonly [ref: string, row: Row])[]) {
    this.class = className;
    this.entries = entries;
  }
}

export interface Event {
  readonly id: string;
  readonly timestamp: string;
  /** As the datamodel spells it; goes out in lower case. */
  readonly class: string;
  readonly operation: 'add' | 'mod' | 'del';
  readonly ref: string;
  /** The object after the change; absent for a del. */
  readonly row?: Row | undefined;
}

/** Every object of a class as an `add` with its snapshot: the start of a subscription, without an Event per object. */
export interface ExistingObjects {
  readonly class: string;
  readonly segments: readonly Segment[];
  readonly id: string;
  readonly timestamp: string;
}

/** What event.from returns; without `from`, the bare array of event.next. */
export class Events {
  /** These come first. */
  readonly existing: readonly ExistingObjects[];
  readonly events: readonly Event[];
  readonly from: { readonly token: string; readonly validRefCounts: Readonly<Record<string, number>> } | undefined;

  constructor(events: readonly Event[], from?: Events['from'], existing: readonly ExistingObjects[] = []) {
    this.events = events;
    this.from = from;
    this.existing = existing;
  }
}
