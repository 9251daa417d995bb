/** What the machine under the agent can be made to do. Implemented in src/host/actions; api only says when. */

/** How a machine ends. */
export type Ending = 'poweroff' | 'reboot';

export interface CallTiming {
  readonly count: number;
  readonly failures: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/** Newer versions of installed packages. What a package tool says against a step is thrown as an Error named PackageFailure. */
export interface HostUpdates {
  /** Lists them anew. Never rejects. */
  refresh(): Promise<void>;
  /** What installing would do; changes nothing. */
  precheck(name: string, version: string, signal: AbortSignal): Promise<string>;
  /** Installs, and returns what the tool printed. Nothing ends it early: a package that is half installed may not start. */
  apply(name: string, version: string): Promise<string>;
  /** Removes what was downloaded. */
  clean(signal: AbortSignal): Promise<void>;
}

export interface HostService {
  readonly updates: HostUpdates;
  /** Ends guests' and own work in order, then lets the operating system end. Resolves when it has agreed to. */
  end(ending: Ending, signal: AbortSignal): Promise<void>;
  /** Remembers until when the host stays disabled: its next start, or until somebody enables it. */
  keepDisabled(untilNextStart: boolean): Promise<void>;
  forgetDisabled(): Promise<void>;
  /** @throws ApiError OPERATION_NOT_ALLOWED */
  restartAgent(): Promise<void>;
  /** Changes the name in the operating system. @throws ApiError HOST_NAME_INVALID */
  setHostName(name: string): Promise<void>;
  /** The kernel's log; with `clear` it is empty afterwards. */
  kernelLog(clear: boolean, signal: AbortSignal): Promise<string>;
  agentLog(signal: AbortSignal): Promise<string>;
  /** @throws ApiError VALUE_NOT_SUPPORTED for keys that do more than make the kernel print */
  sendDebugKeys(keys: string): Promise<void>;
  /** Sends the machine's log to `name` or `name:port`, or nowhere when it is empty. */
  configureSyslog(destination: string): Promise<void>;
  /** XML that says what a bug report can hold. */
  reportCapabilities(): string;
  uploadReport(
    url: string,
    options: Readonly<Record<string, string>>,
    signal: AbortSignal,
    progress: (fraction: number) => void,
  ): Promise<void>;
  /** Removes a crash dump from the disk. @throws ApiError INTERNAL_ERROR for a path that is none */
  removeDump(path: string): Promise<void>;
  /** Sends a crash dump, packed when it is a folder, to a URL. */
  uploadDump(path: string, url: string, options: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /** The clock on the wall where the machine stands: `20070816T09:30:00`, without a zone. */
  localTime(): Promise<string>;
  /** Wakes another machine over the network. */
  wake(mac: string): Promise<void>;
  /** How long calls took since the start of the agent, by method. */
  timings(): ReadonlyMap<string, CallTiming>;
}
