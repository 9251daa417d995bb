/** What happened while the stories were told: plain data, from which every check is judged. */
import type { HostEnd, LaboratoryProcess, LaboratoryTimeouts } from './laboratory.ts';

/** How far a stack has come on the host that is called, as the story brought it there. */
export type StackState =
  | 'before init'
  | 'initialised'
  | 'online'
  | 'master'
  | 'disarmed'
  | 'stopped'
  | 'excluded'
  | 'invalid';

/** One call of a script, or of another program, on one host. */
export interface CallRecord {
  readonly script: string;
  readonly arguments: readonly string[];
  /** From 1. */
  readonly host: number;
  readonly state: StackState;
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** It ran longer than `limitMs` and was ended by the kit. */
  readonly timedOut: boolean;
  readonly limitMs: number;
  readonly hostEnded: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** How a host was at one moment. */
export interface HostFacts {
  readonly host: number;
  readonly atMs: number;
  readonly running: boolean;
  readonly ends: readonly HostEnd[];
  readonly watchdogArmed: boolean;
  /** Empty when the host does not run. */
  readonly processes: readonly LaboratoryProcess[];
}

/** A line of a script that goes on. */
export interface LineRecord {
  readonly host: number;
  readonly atMs: number;
  readonly line: string;
}

export interface StepRecord {
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** In the order in which they were started. */
  readonly calls: readonly CallRecord[];
  /** Where the step looked at hosts, in that order. */
  readonly hosts: readonly HostFacts[];
  readonly lines: readonly LineRecord[];
  /** What else the step found, by a name of its own. */
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

export interface StoryRecord {
  readonly name: string;
  /** The steps that were begun, by name. */
  readonly steps: ReadonlyMap<string, StepRecord>;
  /** Why the story stopped before its end. Steps that it did not begin were not reached because of it. */
  readonly stopped: string | undefined;
  /** Ends of hosts that no step brought about on purpose. */
  readonly unexpectedEnds: readonly (HostEnd & { readonly host: number })[];
}

/** One entry of the directory of the stack. */
export interface FileFacts {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'socket' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
  /** What follows `#!`; undefined for anything but a script. */
  readonly interpreter: string | undefined;
  /** Does the machine have that interpreter? True where there is none to ask for. */
  readonly interpreterPresent: boolean;
}

export interface DirectoryFacts {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly files: ReadonlyMap<string, FileFacts>;
  /** Text of stack.json; undefined when there is none. */
  readonly manifest: string | undefined;
  /** Why it cannot be used, as a clause about the file. */
  readonly manifestFault: string | undefined;
  /** What it claims that the stack can do. */
  readonly capabilities: readonly string[];
  /** Within this a lost host is fenced, where stack.json promises it. */
  readonly fenceWithinMs?: number | undefined;
  /** Text of ha_supported_srs; undefined when there is none. */
  readonly supportedSrs: string | undefined;
}

export interface Transcript {
  readonly directory: DirectoryFacts;
  readonly hostCount: number;
  /** Of every story by its name; those that were not asked for are absent. */
  readonly stories: ReadonlyMap<string, StoryRecord>;
  readonly timeouts: LaboratoryTimeouts;
  /** UUIDs of the virtual hosts, by story. */
  readonly hostUuids: ReadonlyMap<string, readonly string[]>;
}
