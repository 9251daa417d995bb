/** What the kit's process and the keeper of a laboratory tell each other. */
import type {
  HostEnd,
  LaboratoryProcess,
  LaboratoryResult,
  NetworkState,
  StatefileState,
} from '../../../conformance/laboratory.ts';

/** Absolute paths of the programs that the keeper needs. */
export interface KeeperTools {
  readonly chrt: string;
  readonly ip: string;
  readonly losetup: string;
  readonly mount: string;
  readonly nsenter: string;
  readonly setpriv: string;
  readonly setsid: string;
  readonly shell: string;
  readonly unshare: string;
}

export interface KeeperOptions {
  readonly tools: KeeperTools;
  /** The namespaces of the machine, as /proc/self/ns tells them; no host may have one of these. */
  readonly machineNamespaces: Readonly<Record<string, string>>;
  readonly stackDirectory: string;
  /** Existing directory that the keeper covers with files of its own, seen by nobody else. */
  readonly scratch: string;
  readonly hosts: readonly KeeperHostOptions[];
  readonly statefile: 'file' | 'block';
  readonly statefileBytes: number;
  readonly watchdogMs: number;
  readonly overlays: boolean;
}

export interface KeeperHostOptions {
  readonly name: string;
  readonly address: string;
  readonly configuration: string;
}

export interface ProgramStart {
  readonly host: number;
  /** Chosen by the kit, to cancel it by. */
  readonly run: number;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>> | undefined;
  readonly unprivileged: boolean;
  readonly timeoutMs: number;
}

/** The verbs of the keeper, with what each takes and answers. */
export interface KeeperVerbs {
  create(options: KeeperOptions): void;
  powerOn(host: number): void;
  powerOff(host: number): void;
  run(start: ProgramStart): LaboratoryResult;
  /** Answers when the program has ended; its lines come as events. */
  follow(start: ProgramStart): void;
  cancel(run: number): void;
  setNetwork(host: number, state: NetworkState): void;
  setStatefile(host: number, state: StatefileState, slowMs: number): void;
  processes(host: number): readonly LaboratoryProcess[];
  signal(host: number, pid: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  readStatefile(): Uint8Array;
  damageStatefile(offset: number, bytes: Uint8Array): void;
  setConfiguration(host: number, text: string | undefined): void;
  /** Ends every host and gives everything back. The keeper itself is ended by the kit. */
  close(): void;
}

export type KeeperVerb = keyof KeeperVerbs;

export interface KeeperRequest {
  readonly id: number;
  readonly verb: KeeperVerb;
  readonly args: readonly unknown[];
}

export type KeeperMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  /** `unable`: this machine cannot do it. */
  | { readonly kind: 'failure'; readonly id: number; readonly message: string; readonly unable: boolean }
  | { readonly kind: 'line'; readonly run: number; readonly line: string }
  | { readonly kind: 'armed'; readonly host: number; readonly armed: boolean }
  | { readonly kind: 'started'; readonly host: number }
  | { readonly kind: 'ended'; readonly host: number; readonly end: HostEnd };
