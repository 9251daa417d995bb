/** What every command runs with. */
import type { Catalogue } from '../catalogue.ts';
import type { GlobalOptions } from '../options.ts';
import type { Resolver } from '../resolver.ts';
import type { Session } from '../session.ts';

/** How text is made to stand out; each is the identity where there is no colour. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/** Where output goes. */
export interface Output {
  /** Results. */
  readonly write: (text: string) => void;
  /** Everything that is not a result. */
  readonly note: (text: string) => void;
  /** Width of the terminal that results go to; undefined when they go elsewhere. */
  readonly columns: number | undefined;
  /** Notes go to a terminal, so that a line of it may be drawn again. */
  readonly notesOnTerminal: boolean;
  readonly paint: Paint;
  readonly paintNotes: Paint;
}

export interface Context {
  readonly catalogue: Catalogue;
  readonly options: GlobalOptions;
  readonly output: Output;
  readonly session: Session;
  readonly resolver: Resolver;
  /** Aborts on ctrl-C and at the end of `--timeout`; its reason is what to throw. */
  readonly signal: AbortSignal;
}
