/** A story: named steps that run scripts on a laboratory and record what happens. */
import type { ScriptName } from '../stack/contract.ts';
import type { CallOptions } from './command-line.ts';
import type { Teller } from './teller.ts';
import type { CallRecord, HostFacts } from './transcript.ts';

export type { CallOptions, Teller };

export interface Story {
  readonly name: string;
  /** What it is about, for the progress. */
  readonly title: string;
  readonly hosts: 1 | 'many';
  /** Without it the story is not told. */
  readonly optionalScript?: ScriptName;
  readonly capability?: string;
  /** It must find hosts on whose disks no stack was before. */
  readonly newDisk?: boolean;
  /** Longest time for the whole story, in multiples of the pace's `storyMs`. Default 1. */
  readonly length?: number;
  readonly tell: (teller: Teller) => Promise<void>;
}

/** How long things may take at the pace that was chosen. */
export interface PaceLimits {
  /** For a query or a change that has nothing to wait for. */
  readonly callMs: number;
  /** For starting, stopping and the lock, which wait for turns of the daemon and of other hosts. */
  readonly longCallMs: number;
  readonly storyMs: number;
}

export interface StepWork {
  call(script: ScriptName, args?: readonly string[], options?: CallOptions): Promise<CallRecord>;
  /** Runs a shell script with the directory of the stack in PATH. `script` is what it is recorded as. */
  shell(script: string, text: string, options?: CallOptions): Promise<CallRecord>;
  /** Records how a host is now. */
  look(host?: number): Promise<HostFacts>;
  note(name: string, value: string | number | boolean): void;
  line(host: number, line: string): void;
}
