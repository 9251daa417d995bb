/** Who tells a story: calls scripts, looks at hosts, and writes down what happened. */
import { type ScriptName, scripts } from '../stack/contract.ts';
import { type CallOptions, comfort, commandLine } from './command-line.ts';
import type {
  HostEnd,
  Laboratory,
  LaboratoryCall,
  LaboratoryHost,
  LaboratoryResult,
  LaboratoryTimeouts,
} from './laboratory.ts';
import { foundOf } from './plan.ts';
import type { PaceLimits, StepWork, Story } from './story.ts';
import type {
  CallRecord,
  DirectoryFacts,
  HostFacts,
  LineRecord,
  StackState,
  StepRecord,
  StoryRecord,
} from './transcript.ts';

/** The story cannot go on; what it has not begun is not reached. */
class StoryStopped extends Error {}

export class Teller {
  readonly laboratory: Laboratory;
  readonly limits: PaceLimits;
  readonly directory: DirectoryFacts;
  /** What xhad.conf tells the stack. */
  readonly timeouts: LaboratoryTimeouts;
  /** What the stack's state is now, as far as the story brought it. */
  state: StackState = 'before init';
  /** Of the last call; undefined when a signal or the kit ended it. */
  lastExitCode: number | undefined;
  readonly #name: string;
  readonly #steps = new Map<string, StepRecord>();
  readonly #unrunnable: ReadonlySet<string>;
  readonly #hung: Set<string>;
  readonly #signal: AbortSignal;
  readonly #expectedEnds = new Set<number>();
  /** Ends of hosts in stories before this one. */
  readonly #earlierEnds: ReadonlyMap<number, number>;
  readonly #progress: (step: string) => void;

  constructor(
    name: string,
    laboratory: Laboratory,
    limits: PaceLimits,
    given: {
      readonly directory: DirectoryFacts;
      readonly timeouts: LaboratoryTimeouts;
      /** Scripts that are not there or cannot be run. */
      readonly unrunnable: ReadonlySet<string>;
      /** Scripts that hung in some story; they are not tried again. Added to. */
      readonly hung: Set<string>;
      readonly signal: AbortSignal;
      readonly progress: (step: string) => void;
    },
  ) {
    this.#name = name;
    this.laboratory = laboratory;
    this.limits = limits;
    this.directory = given.directory;
    this.timeouts = given.timeouts;
    this.#earlierEnds = new Map(laboratory.hosts.map(({ index, ends }) => [index, ends.length]));
    this.#unrunnable = given.unrunnable;
    this.#hung = given.hung;
    this.#signal = given.signal;
    this.#progress = given.progress;
  }

  host(index = 1): LaboratoryHost {
    const host = this.laboratory.hosts[index - 1];
    if (host === undefined) throw new StoryStopped(`There is no host ${String(index)}.`);
    return host;
  }

  /** The end of this host, from now on, is what the story wants. */
  expectEnd(host = 1): void {
    this.#expectedEnds.add(host);
  }

  /** Can this script be called at all? */
  has(script: ScriptName): boolean {
    return !this.#unrunnable.has(script);
  }

  /** Ends the story: what it has not begun is not reached because of `why`. */
  stop(why: string): never {
    throw new StoryStopped(why);
  }

  async step(name: string, work: (step: StepWork) => Promise<void>): Promise<StepRecord> {
    this.#signal.throwIfAborted();
    this.#progress(name);
    const startedMs = this.laboratory.nowMs();
    const calls: CallRecord[] = [];
    const hosts: HostFacts[] = [];
    const lines: LineRecord[] = [];
    const values: Record<string, string | number | boolean> = {};
    const record = (): StepRecord => {
      const told = { name, startedMs, endedMs: this.laboratory.nowMs(), calls, hosts, lines, values };
      this.#steps.set(name, told);
      return told;
    };
    try {
      await work({
        call: async (script, args = [], options = {}) => this.#call(calls, script, args, options),
        shell: async (script, text, options = {}) =>
          this.#run(calls, script, [], '/bin/sh', ['-c', `${comfort}\n${text}`], options, this.limits.longCallMs),
        look: async (host = 1) => {
          const facts = await this.#facts(host);
          hosts.push(facts);
          return facts;
        },
        note: (key, value) => {
          values[key] = value;
        },
        line: (host, line) => void lines.push({ host, atMs: this.laboratory.nowMs(), line }),
      });
    } finally {
      record();
    }
    return record();
  }

  /** A step of one call. */
  async call(
    name: string,
    script: ScriptName,
    args: readonly string[] = [],
    options: CallOptions = {},
  ): Promise<CallRecord> {
    const { calls } = await this.step(name, async (step) => void (await step.call(script, args, options)));
    const [made] = calls;
    if (made === undefined) throw new StoryStopped(`Nothing was called in the step ${name}.`);
    return made;
  }

  /** A step of one call, without whose success the rest of the story means nothing. */
  async need(
    name: string,
    script: ScriptName,
    args: readonly string[] = [],
    codes: readonly number[] = [0],
    options: CallOptions = {},
  ): Promise<CallRecord> {
    const made = await this.call(name, script, args, options);
    this.mustEndWith(made, codes);
    return made;
  }

  mustEndWith(made: CallRecord, codes: readonly number[]): void {
    if (made.exitCode === undefined || made.timedOut || !codes.includes(made.exitCode)) {
      throw new StoryStopped(foundOf(made));
    }
  }

  /** Repeats a call until it ends with one of the codes; the step has the last call. Its value `reached` tells whether it did. */
  async until(
    name: string,
    script: ScriptName,
    codes: readonly number[],
    limitMs: number,
    options: CallOptions = {},
  ): Promise<StepRecord> {
    return this.step(name, async (step) => {
      const deadline = this.laboratory.nowMs() + limitMs;
      for (;;) {
        const made = await step.call(script, [], options);
        const reached = made.exitCode !== undefined && codes.includes(made.exitCode);
        step.note('reached', reached);
        if (reached || made.timedOut || made.hostEnded || this.laboratory.nowMs() >= deadline) return;
        await this.laboratory.sleep(50);
      }
    });
  }

  /**
   * Looks at the first host when it is as it should be, or a moment later: what was ended may be on its way, and the laboratory
   * hears of a watchdog a little after it was closed.
   */
  async rest(name: string, atRest: (facts: HostFacts) => boolean = nothingLeft): Promise<StepRecord> {
    return this.step(name, async (step) => {
      const deadline = this.laboratory.nowMs() + restMs;
      for (;;) {
        const facts = await step.look();
        if (atRest(facts) || this.laboratory.nowMs() >= deadline) return;
        await this.laboratory.sleep(20);
      }
    });
  }

  /** What was told. `stopped` is why it ended early. */
  record(stopped: string | undefined): StoryRecord {
    const unexpectedEnds = this.laboratory.hosts.flatMap((host) =>
      this.#expectedEnds.has(host.index)
        ? []
        : this.#endsOf(host)
            .filter(({ by }) => by !== 'power')
            .map((end) => ({ ...end, host: host.index })),
    );
    return { name: this.#name, steps: this.#steps, stopped, unexpectedEnds };
  }

  #endsOf(host: LaboratoryHost): readonly HostEnd[] {
    return host.ends.slice(this.#earlierEnds.get(host.index) ?? 0);
  }

  async #facts(index: number): Promise<HostFacts> {
    const host = this.host(index);
    return {
      host: index,
      atMs: this.laboratory.nowMs(),
      running: host.running,
      ends: this.#endsOf(host),
      watchdogArmed: host.running && host.watchdogArmed,
      processes: host.running ? await host.processes() : [],
    };
  }

  async #call(
    calls: CallRecord[],
    script: ScriptName,
    args: readonly string[],
    options: CallOptions,
  ): Promise<CallRecord> {
    if (this.#unrunnable.has(script)) throw new StoryStopped(`${script} cannot be run.`);
    if (this.#hung.has(script)) throw new StoryStopped(`${script} did not end when it was called before.`);
    const [program = '', ...words] = commandLine(script, args, options);
    const long = scripts[script].kind === 'wait' || script === 'ha_start_daemon' || script === 'ha_stop_daemon';
    const limitMs = Math.min(scripts[script].timeLimitMs, long ? this.limits.longCallMs : this.limits.callMs);
    const made = await this.#run(calls, script, args, program, words, options, limitMs);
    // Somebody who may not do it has hung for a reason of its own.
    if (made.timedOut && options.unprivileged !== true) this.#hung.add(script);
    return made;
  }

  async #run(
    calls: CallRecord[],
    script: string,
    args: readonly string[],
    program: string,
    words: readonly string[],
    options: CallOptions,
    usualMs: number,
  ): Promise<CallRecord> {
    const index = options.host ?? 1;
    const host = this.host(index);
    if (!host.running) throw new StoryStopped(`Host ${String(index)} has ended.`);
    const limitMs = options.timeoutMs ?? usualMs;
    const place = calls.length;
    const pending: CallRecord = {
      ...begun,
      script,
      arguments: args,
      host: index,
      state: this.state,
      limitMs,
      startedMs: this.laboratory.nowMs(),
    };
    calls.push(pending);
    const call: LaboratoryCall = {
      timeoutMs: limitMs,
      ...(options.unprivileged === undefined ? {} : { unprivileged: options.unprivileged }),
      signal: this.#signal,
    };
    const result: LaboratoryResult = await host.run(program, words, call);
    const made: CallRecord = { ...pending, ...result };
    calls[place] = made;
    this.lastExitCode = made.exitCode;
    return made;
  }
}

function nothingLeft({ processes, watchdogArmed }: HostFacts): boolean {
  return processes.length === 0 && !watchdogArmed;
}

/** For a process that was ended to be gone. */
const restMs = 1000;

const begun = {
  exitCode: undefined,
  signal: undefined,
  timedOut: false,
  hostEnded: false,
  stdout: '',
  stderr: '',
  truncated: false,
  endedMs: 0,
} as const;

/** Tells a story. Rejects only when the laboratory fails or the run is aborted. */
export async function tell(story: Story, teller: Teller): Promise<StoryRecord> {
  try {
    await story.tell(teller);
    return teller.record(undefined);
  } catch (thrown) {
    if (thrown instanceof StoryStopped) return teller.record(thrown.message);
    throw thrown;
  }
}
