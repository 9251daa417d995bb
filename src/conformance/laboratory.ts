/**
 * Where the conformance kit tries a stack: virtual hosts of which each has processes, mounts and a network of its own, so that nothing
 * that a stack does reaches the machine. The implementation is in `world/linux/laboratory`.
 */

export interface LaboratoryOptions {
  /** The directory of the stack, which every host sees read-only below its cluster-stack-root. */
  readonly stackDirectory: string;
  readonly hostCount: number;
  /** Timeouts that xhad.conf tells the stack, in seconds; fractions are allowed where the stack says so in stack.json. */
  readonly timeouts: LaboratoryTimeouts;
  /** How the hosts see the shared statefile. */
  readonly statefile: 'file' | 'block';
  /** After this long without being fed, once opened, the watchdog of a host ends the host. */
  readonly watchdogMs: number;
  /** What xhad.conf says of the watchdog; nothing without it, and a stack does what it does then. */
  readonly watchdogMode?: 'HYPERVISOR' | 'USER' | 'NONE';
  /** false: as where the kernel refuses overlay mounts. Hosts then change nothing but copies of /etc, /usr/libexec and an empty /var. */
  readonly overlays?: boolean;
  readonly signal?: AbortSignal;
}

export interface LaboratoryTimeouts {
  readonly heartbeatIntervalSeconds: number;
  readonly heartbeatTimeoutSeconds: number;
  readonly statefileIntervalSeconds: number;
  readonly statefileTimeoutSeconds: number;
  readonly heartbeatWatchdogSeconds: number;
  readonly statefileWatchdogSeconds: number;
  readonly bootJoinSeconds: number;
  readonly enableJoinSeconds: number;
}

export interface LaboratoryResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  /** True when the host ended while it ran. */
  readonly hostEnded: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  /** True when something that it left behind still held its output open, and reading was given up. */
  readonly outputHeld?: boolean;
  /** By the laboratory's monotonic clock. */
  readonly startedMs: number;
  readonly endedMs: number;
}

export interface LaboratoryCall {
  readonly timeoutMs: number;
  /** The whole environment. Default: PATH of the machine with the stack's directory at its end, and nothing else. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs as nobody instead of root. */
  readonly unprivileged?: boolean;
  readonly signal?: AbortSignal;
}

export interface LaboratoryProcess {
  readonly pid: number;
  readonly command: string;
}

/** Why a host has ended. fenced: by its own reboot(2), by sysrq or by its watchdog. power: by `powerOff`. */
export interface HostEnd {
  readonly atMs: number;
  readonly by: 'reboot' | 'sysrq' | 'watchdog' | 'power';
}

export type NetworkState = 'connected' | 'cable-out' | 'silent';

/** good; lost: every access fails with an I/O error; hung: no access returns until it is good again; slow: each takes `slowMs`. */
export type StatefileState = 'good' | 'lost' | 'hung' | 'slow';

export interface LaboratoryHost {
  /** From 1. */
  readonly index: number;
  readonly uuid: string;
  readonly address: string;
  readonly running: boolean;
  /** Every end so far, oldest first. */
  readonly ends: readonly HostEnd[];
  /** Is its watchdog open, so that it would end the host? */
  readonly watchdogArmed: boolean;
  powerOn(): Promise<void>;
  /** At once, as when the power fails; what was on its disk stays. */
  powerOff(): Promise<void>;
  /** A script of the stack by its name, or any program by its path. */
  run(program: string, args: readonly string[], call: LaboratoryCall): Promise<LaboratoryResult>;
  /** Starts a script that goes on; ends it when cancelled. */
  follow(program: string, args: readonly string[], onLine: (line: string) => void): () => void;
  setNetwork(state: NetworkState): Promise<void>;
  setStatefile(state: StatefileState, slowMs?: number): Promise<void>;
  /** What runs in it, beside what keeps the host itself up. */
  processes(): Promise<readonly LaboratoryProcess[]>;
  /** Sends a signal to one of its processes, by the pid that `processes` gave. */
  signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Resolves with the end of the host, or with undefined after `timeoutMs`. */
  ended(timeoutMs: number): Promise<HostEnd | undefined>;
}

export interface Laboratory {
  readonly hosts: readonly LaboratoryHost[];
  /** Monotonic milliseconds. */
  nowMs(): number;
  sleep(delayMs: number): Promise<void>;
  /** The statefile's bytes as they are on the shared disk. */
  readStatefile(): Promise<Uint8Array>;
  /** Overwrites part of it, as a damaged disk would. */
  damageStatefile(offset: number, bytes: Uint8Array): Promise<void>;
  /** Writes what xhad.conf says on every host anew, with a new generation. */
  newGeneration(): Promise<void>;
  /** Replaces xhad.conf on one host, as a broken installation would; undefined removes it. */
  setConfiguration(host: number, text: string | undefined): Promise<void>;
  /** Ends every host and leaves nothing behind: no process, mount, network or file. */
  close(): Promise<void>;
}

/** This machine cannot make virtual hosts. The message says what is missing and how to get it. */
export class LaboratoryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LaboratoryError';
  }
}
