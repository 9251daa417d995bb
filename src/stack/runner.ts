/** Runs the scripts of one cluster stack as the contract says. */
import type { Limits } from '../lib/limits.ts';
import type { Cancel, Clock, Log, ProgramResult, Programs } from '../world/world.ts';
import { type ScriptName, scripts } from './contract.ts';
import { StackFault } from './fault.ts';
import { ChangeLane, QueryLane } from './lane.ts';
import { type Liveset, type LivesetLimits, readLiveset } from './liveset.ts';
import { faultOf, isAlreadySo, outputFault, type Run, scriptFault, startFault } from './outcome.ts';
import { Output } from './output.ts';
import { type Said, type SaidLimits, StackVoice } from './said.ts';

export type RunnerLimits = LivesetLimits &
  SaidLimits &
  Pick<Limits, 'stackOutputBytes' | 'stackQueriesAtOnce' | 'stackCallsWaiting'>;

export interface StackRunnerOptions {
  readonly world: { readonly clock: Clock; readonly programs: Programs; readonly log: Log };
  /** Name of the stack, for sentences. */
  readonly stack: string;
  /** Absolute. */
  readonly directory: string;
  readonly limits: RunnerLimits;
  /** How long a script may take; asked at each start. Default: the contract's own. */
  readonly timeLimitMs?: (script: ScriptName) => number;
  /** Asked right before each start: a sentence is a refusal, and nothing is started. */
  readonly permit?: (script: ScriptName) => string | undefined | Promise<string | undefined>;
}

export interface StackAnswer {
  readonly output: Uint8Array;
  readonly exitCode: number;
  /** What was asked for was so before, as the script said by its exit code. */
  readonly alreadySo: boolean;
  readonly durationMs: number;
}

/** Scripts that are called and end. */
type CalledScript = Exclude<ScriptName, 'ha_watch_liveset'>;

export type PoolState = 'init' | 'active' | 'invalid';

/** How a watching script is listened to. */
export interface Watcher {
  /** What it printed, as it is read. */
  readonly onPiece: (piece: Uint8Array) => void;
  /** Called once, unless it was stopped by its owner. */
  readonly onEnd: (fault: StackFault) => void;
}

/**
 * One stack. Everything rejects with StackFault, or with the reason of the caller's signal. Changes run one at a time; queries run
 * beside them. The script sees nothing but PATH with its own directory at the end, no input, and `/` as its working directory.
 */
export class StackRunner {
  readonly #options: StackRunnerOptions;
  readonly #voice: StackVoice;
  readonly #changes: ChangeLane;
  readonly #livesets: QueryLane<Liveset>;
  readonly #watchers = new Set<Cancel>();
  #closed: StackFault | undefined;

  constructor(options: StackRunnerOptions) {
    this.#options = options;
    const { world, stack, limits } = options;
    this.#voice = new StackVoice(world, stack, limits);
    this.#changes = new ChangeLane(limits.stackCallsWaiting);
    this.#livesets = new QueryLane((end) => this.#queryLiveset(end), {
      atOnce: limits.stackQueriesAtOnce,
      mostWaiting: limits.stackCallsWaiting,
    });
  }

  /** Callers at the same time may share one run, which always began after they asked. */
  queryLiveset(signal?: AbortSignal): Promise<Liveset> {
    return this.#named('ha_query_liveset', this.#livesets.ask(signal));
  }

  /** True when this host holds the lock of the master. Rejects with `gave-way` when a change ended the proposal. */
  async proposeMaster(signal?: AbortSignal): Promise<boolean> {
    const script = 'ha_propose_master';
    const { output } = await this.#change(script, [], signal);
    const text = Buffer.from(output).toString('latin1');
    const said = /^(TRUE|FALSE)\n?$/.exec(text)?.[1];
    if (said !== undefined) return said === 'TRUE';
    const shown = JSON.stringify(text.slice(0, 100));
    throw outputFault(this.#run(script), 'unreadable', `it is ${shown} and not TRUE or FALSE`);
  }

  setPoolState(state: PoolState, signal?: AbortSignal): Promise<StackAnswer> {
    return this.#change('ha_set_pool_state', [state], signal);
  }

  /** `alreadySo` when the daemon ran before. */
  startDaemon(signal?: AbortSignal): Promise<StackAnswer> {
    return this.#change('ha_start_daemon', [], signal);
  }

  stopDaemon(signal?: AbortSignal): Promise<StackAnswer> {
    return this.#change('ha_stop_daemon', [], signal);
  }

  /** `alreadySo` when there is no daemon. */
  disarmFencing(signal?: AbortSignal): Promise<StackAnswer> {
    return this.#change('ha_disarm_fencing', [], signal);
  }

  setExcluded(signal?: AbortSignal): Promise<StackAnswer> {
    return this.#change('ha_set_excluded', [], signal);
  }

  clearExcluded(signal?: AbortSignal): Promise<StackAnswer> {
    return this.#change('ha_clear_excluded', [], signal);
  }

  setHostWeight(weightClass: string, weight: number, signal?: AbortSignal): Promise<StackAnswer> {
    return this.#change('ha_set_host_weight', [weightClass, String(weight)], signal);
  }

  /** Starts ha_watch_liveset; it goes on until it ends or is stopped by what is returned. Rejects when it must not start. */
  async watchLiveset(watcher: Watcher): Promise<Cancel> {
    const script = 'ha_watch_liveset';
    const { world, directory, limits } = this.#options;
    await this.#permitted(script);
    if (this.#closed !== undefined) throw this.#closed;
    let cancel: Cancel | undefined;
    const stop = (): void => {
      if (this.#watchers.delete(stop)) cancel?.();
    };
    const end = (fault: StackFault): void => {
      if (this.#watchers.delete(stop)) watcher.onEnd(fault);
    };
    const said = this.#voice.hear(script, () => {
      cancel?.();
      end(
        outputFault(this.#run(script), 'too-long', `its standard error is longer than ${limits.stackErrorBytes} bytes`),
      );
    });
    this.#watchers.add(stop);
    cancel = world.programs.follow(`${directory}/${script}`, [], {
      onlyPathWith: directory,
      leaveNothing: true,
      onErrorPiece: (piece) => said.add(piece),
      onPiece: watcher.onPiece,
      onEnd: (reason, exitCode) => end(this.#watchEnd(reason, exitCode, said)),
    });
    return stop;
  }

  /** Ends every script that runs and refuses those that wait or come. */
  close(): void {
    const fault = new StackFault('closed', `The cluster stack "${this.#options.stack}" is no longer used.`);
    this.#closed = fault;
    this.#changes.close(fault);
    this.#livesets.close(fault);
    for (const stop of this.#watchers) stop();
  }

  #watchEnd(reason: string, exitCode: number | undefined, said: Said): StackFault {
    const run = this.#run('ha_watch_liveset', said.end());
    const result = { exitCode, signal: undefined, timedOut: false, stdout: '', stderr: '', truncated: false };
    const fault = exitCode === undefined ? undefined : faultOf(run, result, 0);
    return (
      fault ?? scriptFault(run, 'failed', `stopped watching: ${reason}`, exitCode === undefined ? {} : { exitCode })
    );
  }

  async #queryLiveset(end: AbortController): Promise<Liveset> {
    const script = 'ha_query_liveset';
    const { output } = await this.#call(script, [], end);
    try {
      return readLiveset(output, this.#options.limits);
    } catch (error) {
      if (!(error instanceof StackFault)) throw error;
      throw outputFault(this.#run(script), error.reason === 'too-long' ? 'too-long' : 'unreadable', error.message);
    }
  }

  #change(script: CalledScript, args: readonly string[], signal: AbortSignal | undefined): Promise<StackAnswer> {
    const kind = scripts[script].kind === 'wait' ? 'wait' : 'change';
    const answer = this.#changes.run(kind, (end) => this.#logged(script, args, end), signal);
    return this.#named(script, answer);
  }

  /** Faults of the lanes are clauses; a caller gets sentences. */
  async #named<T>(script: ScriptName, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof StackFault) || error.details.script !== undefined || error.reason === 'closed')
        throw error;
      throw scriptFault(this.#run(script), error.reason, `came to nothing: ${error.message}`);
    }
  }

  async #logged(script: CalledScript, args: readonly string[], end: AbortController): Promise<StackAnswer> {
    const { world, stack } = this.#options;
    const what = [script, ...args].join(' ');
    try {
      const answer = await this.#call(script, args, end);
      const { durationMs, exitCode } = answer;
      const sentence = `${what} of the cluster stack "${stack}" succeeded.`;
      world.log.write('info', 'stack-script-done', sentence, { stack, script, exitCode, durationMs });
      return answer;
    } catch (error) {
      if (error instanceof StackFault) {
        const { exitCode, signal: killer, wayOut } = error.details;
        world.log.write('warn', 'stack-script-failed', error.message, {
          stack,
          script,
          exitCode,
          signal: killer,
          wayOut,
        });
      }
      throw error;
    }
  }

  async #call(script: CalledScript, args: readonly string[], end: AbortController): Promise<StackAnswer> {
    const { world, directory, limits } = this.#options;
    await this.#permitted(script);
    end.signal.throwIfAborted();
    const timeLimitMs = this.#options.timeLimitMs?.(script) ?? scripts[script].timeLimitMs;
    const tooLong = (what: string, most: number) => (): void =>
      end.abort(new StackFault('too-long', `${what} is longer than ${most} bytes`));
    const output = new Output(limits.stackOutputBytes, tooLong('its output', limits.stackOutputBytes));
    const said = this.#voice.hear(script, tooLong('its standard error', limits.stackErrorBytes));
    const startedMs = world.clock.monotonicMs();
    try {
      const result = await world.programs.run(`${directory}/${script}`, args, {
        timeoutMs: timeLimitMs,
        maxOutputBytes: 0,
        onlyPathWith: directory,
        // The daemon may be what it leaves behind.
        leaveNothing: script !== 'ha_start_daemon',
        onPiece: (piece) => output.add(piece),
        onErrorPiece: (piece) => said.add(piece),
        signal: end.signal,
      });
      const run = this.#run(script, said.end());
      if (end.signal.aborted && !isLateAnswer(end.signal.reason, result)) throw this.#ended(run, end.signal.reason);
      const fault = faultOf(run, result, timeLimitMs);
      if (fault !== undefined) throw fault;
      const exitCode = result.exitCode ?? 0;
      const durationMs = Math.round(world.clock.monotonicMs() - startedMs);
      return { output: output.bytes(), exitCode, alreadySo: isAlreadySo(script, exitCode), durationMs };
    } catch (error) {
      if (error instanceof StackFault || (end.signal.aborted && error === end.signal.reason)) throw error;
      throw startFault(this.#run(script, said.end()), error);
    }
  }

  #ended(run: Run, reason: unknown): unknown {
    if (!(reason instanceof StackFault) || reason.reason !== 'too-long') return reason;
    return outputFault(run, 'too-long', `${reason.message}, so that it was ended`);
  }

  async #permitted(script: ScriptName): Promise<void> {
    const refusal = await this.#options.permit?.(script);
    if (refusal !== undefined) throw scriptFault(this.#run(script), 'refused', `is not run: ${refusal}`);
  }

  #run(script: ScriptName, lastWords: readonly string[] = []): Run {
    return { stack: this.#options.stack, script, lastWords };
  }
}

/** A proposal that had its answer when it was to give way: the answer counts. */
function isLateAnswer(reason: unknown, result: ProgramResult): boolean {
  return reason instanceof StackFault && reason.reason === 'gave-way' && result.exitCode === 0;
}
