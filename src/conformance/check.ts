/** A check: one line of the contract, and a pure function that judges a transcript by it. */
import type { ContractLine } from './contract-lines.ts';
import type { Group } from './groups.ts';
import { type Look, lookAt, NotReached } from './look.ts';
import type { Transcript } from './transcript.ts';

export type Verdict =
  | { readonly kind: 'passed' }
  | {
      readonly kind: 'failed';
      /** What the stack did, as a sentence. */
      readonly found: string;
      readonly expected: string;
      readonly wayOut: string;
    }
  /** An earlier fault, which has a check of its own, kept the kit from finding out. */
  | { readonly kind: 'notReached'; readonly why: string }
  | { readonly kind: 'notApplicable'; readonly why: string };

export const passed: Verdict = { kind: 'passed' };

export function failed(found: string, expected: string, wayOut: string): Verdict {
  return { kind: 'failed', found, expected, wayOut };
}

export function notApplicable(why: string): Verdict {
  return { kind: 'notApplicable', why };
}

export interface Check {
  /** Never reused: CI systems remember results by it. */
  readonly id: string;
  readonly group: Group;
  /** The line of the contract that it tests, by its id in `contract-lines.ts`. */
  readonly line: ContractLine;
  /** What a stack that passes does, as a sentence. */
  readonly title: string;
  /** The stories that must be told to judge it; none when the directory is enough. */
  readonly stories: readonly string[];
  readonly hosts: 1 | 'many';
  /** Only stacks that claim this in stack.json are tried. */
  readonly capability?: string;
  /** Only stacks that have this optional script are tried. */
  readonly optionalScript?: string;
  /** Pure. May read what was not reached through `look`, which ends it with that verdict. */
  readonly judge: (look: Look) => Verdict;
}

/** The verdict of one check on a transcript. Pure. */
export function judge(check: Check, transcript: Transcript): Verdict {
  const { capability, optionalScript } = check;
  if (check.hosts === 'many' && transcript.hostCount < 2) {
    return notApplicable('It needs several hosts: --hosts 3.');
  }
  if (capability !== undefined && !transcript.directory.capabilities.includes(capability)) {
    return notApplicable(`stack.json does not claim ${capability}.`);
  }
  if (optionalScript !== undefined && !transcript.directory.files.has(optionalScript)) {
    return notApplicable(`The stack has no ${optionalScript}, which is optional.`);
  }
  try {
    return check.judge(lookAt(transcript));
  } catch (thrown) {
    if (thrown instanceof NotReached) return { kind: 'notReached', why: thrown.message };
    throw thrown;
  }
}
