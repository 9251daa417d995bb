/** The part of a facts file that the surface report reads: the published API, class by class. */
import { readFileSync } from 'node:fs';

export interface FactParam {
  readonly name: string;
  readonly type: string;
  readonly default?: unknown;
}

export interface FactField {
  readonly name: string;
  readonly type: string;
  readonly qualifier: string;
  readonly internal?: boolean;
  /** false, or the release of the API 1.1 that brought it. */
  readonly in11: string | false;
}

export interface FactMessage {
  readonly name: string;
  readonly kind: string;
  readonly params: readonly FactParam[];
  readonly result: string;
  /** null: no role is checked. */
  readonly role: string | null;
  readonly in11: string | false;
  readonly async?: boolean;
  readonly hidden?: boolean;
  readonly errors?: readonly string[];
}

export interface FactClass {
  readonly name: string;
  readonly in_2007_manual: boolean;
  readonly fields: readonly FactField[];
  readonly messages: readonly FactMessage[];
}

export interface Facts {
  readonly classes: readonly FactClass[];
  /** Values of today, and those of the API 1.1 where they were others. */
  readonly enums: Readonly<
    Record<string, { readonly values: readonly string[]; readonly values_2009?: readonly string[] }>
  >;
  readonly error_codes: Readonly<Record<string, readonly string[]>>;
}

/** Reads a facts file; undefined when there is none at that path. */
export function readFacts(path: string): Facts | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Facts;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
