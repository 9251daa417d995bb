import type {
  HostEnd,
  LaboratoryCall,
  LaboratoryHost,
  LaboratoryProcess,
  LaboratoryResult,
  NetworkState,
  StatefileState,
} from '../../../conformance/laboratory.ts';
import type { KeeperLink } from './keeper-link.ts';

/** A host as the kit has it: what it does is done by the keeper. */
export class RemoteHost implements LaboratoryHost {
  readonly index: number;
  readonly uuid: string;
  readonly address: string;
  readonly ends: HostEnd[] = [];
  running = false;
  watchdogArmed = false;
  readonly #link: KeeperLink;
  readonly #lines: Map<number, (line: string) => void>;
  readonly #waiting = new Set<(end: HostEnd) => void>();
  #runs = 0;

  constructor(
    identity: { index: number; uuid: string; address: string },
    link: KeeperLink,
    lines: Map<number, (line: string) => void>,
  ) {
    this.index = identity.index;
    this.uuid = identity.uuid;
    this.address = identity.address;
    this.#link = link;
    this.#lines = lines;
  }

  powerOn(): Promise<void> {
    return this.#link.ask('powerOn', this.index);
  }

  powerOff(): Promise<void> {
    return this.#link.ask('powerOff', this.index);
  }

  async run(program: string, args: readonly string[], call: LaboratoryCall): Promise<LaboratoryResult> {
    call.signal?.throwIfAborted();
    const start = { ...this.#start(program, args), ...pick(call) };
    const cancel = (): void => void this.#link.ask('cancel', start.run).catch(() => undefined);
    call.signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#link.ask('run', start);
    } finally {
      call.signal?.removeEventListener('abort', cancel);
    }
  }

  follow(program: string, args: readonly string[], onLine: (line: string) => void): () => void {
    const start = this.#start(program, args);
    this.#lines.set(start.run, onLine);
    const over = (): void => void this.#lines.delete(start.run);
    this.#link.ask('follow', start).then(over, over);
    return () => {
      over();
      this.#link.ask('cancel', start.run).catch(() => undefined);
    };
  }

  setNetwork(state: NetworkState): Promise<void> {
    return this.#link.ask('setNetwork', this.index, state);
  }

  setStatefile(state: StatefileState, slowMs = 0): Promise<void> {
    return this.#link.ask('setStatefile', this.index, state, slowMs);
  }

  processes(): Promise<readonly LaboratoryProcess[]> {
    return this.#link.ask('processes', this.index);
  }

  signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#link.ask('signal', this.index, pid, signal).catch(() => undefined);
  }

  async ended(timeoutMs: number): Promise<HostEnd | undefined> {
    if (!this.running) return this.ends.at(-1);
    const { promise, resolve } = Promise.withResolvers<HostEnd | undefined>();
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    this.#waiting.add(resolve);
    const end = await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
    return end;
  }

  started(): void {
    this.running = true;
  }

  armed(armed: boolean): void {
    this.watchdogArmed = armed;
  }

  hasEnded(end: HostEnd): void {
    this.running = false;
    this.watchdogArmed = false;
    this.ends.push(end);
    for (const resolve of this.#waiting) resolve(end);
  }

  #start(program: string, args: readonly string[]) {
    this.#runs += 1;
    // Unique over all hosts of the laboratory.
    const run = this.#runs * 1000 + this.index;
    return { host: this.index, run, program, args, environment: undefined, unprivileged: false, timeoutMs: 0 };
  }
}

function pick(call: LaboratoryCall) {
  return {
    timeoutMs: call.timeoutMs,
    environment: call.environment,
    unprivileged: call.unprivileged ?? false,
  };
}
