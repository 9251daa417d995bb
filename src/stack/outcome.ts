/** How a script ended, as a sentence and a way out. */
import { FileError, type ProgramResult } from '../world/world.ts';
import { exitCodeOf, type ScriptName, scripts } from './contract.ts';
import { type FaultDetails, type FaultReason, StackFault } from './fault.ts';

/** What is known of a run when its sentence is made. */
export interface Run {
  readonly stack: string;
  readonly script: ScriptName;
  readonly lastWords: readonly string[];
}

/** Signals that end programs, by their number on Linux. */
const signalNames: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

/** A shell adds this to the number of the signal that ended a program, and ends with the sum. */
const shellSignalBase = 128;
const shellNotExecutable = 126;
const shellNotFound = 127;

const wayOutOfStack = 'Run quorate stack check on the stack, and report what it finds to its maker.';

/** The fault with the script and the stack before the clause, and what the script said behind it. */
export function scriptFault(run: Run, reason: FaultReason, clause: string, details: FaultDetails = {}): StackFault {
  const words = run.lastWords.length === 0 ? '' : ` It said: ${run.lastWords.join(' | ')}`;
  const sentence = `${run.script} of the cluster stack "${run.stack}" ${clause}${/[.!?]$/.test(clause) ? '' : '.'}${words}`;
  return new StackFault(reason, sentence, { script: run.script, lastWords: run.lastWords, ...details });
}

/** Undefined when the script ended well, or with a code that says that what was asked for is so already. */
export function faultOf(run: Run, result: ProgramResult, timeLimitMs: number): StackFault | undefined {
  if (result.timedOut)
    return scriptFault(run, 'timed-out', `did not end within ${timeLimitMs} ms, so that it was ended`, {
      wayOut: 'Find out what it waits for (storage, network, its daemon); where it needs longer, raise its time limit.',
    });
  if (result.exitCode === undefined) return killed(run, result.signal ?? 'a signal');
  if (result.exitCode === 0 || isAlreadySo(run.script, result.exitCode)) return undefined;
  return exited(run, result.exitCode);
}

export function isAlreadySo(script: ScriptName, exitCode: number): boolean {
  return (scripts[script].alreadySo as readonly number[]).includes(exitCode);
}

function killed(run: Run, signal: string): StackFault {
  return scriptFault(run, 'killed', `was ended by ${signal}, which the agent did not send`, {
    signal,
    wayOut:
      signal === 'SIGKILL'
        ? 'Look at the log of the kernel: it ends programs so when memory runs out.'
        : 'Look at the journal of this host at that time for who ended it, or for a fault of a program of the stack.',
  });
}

function exited(run: Run, exitCode: number): StackFault {
  const code = exitCodeOf(exitCode);
  if (code === undefined) return unknown(run, exitCode);
  const usual = (scripts[run.script].exitCodes as readonly number[]).includes(exitCode);
  const also = exitCode === shellNotFound ? ' A shell ends so, too, when it does not find a command.' : '';
  const strange = usual ? '' : ', which the contract does not foresee for this script';
  return scriptFault(
    run,
    'failed',
    `ended with exit code ${exitCode} (${code.symbol})${strange}: ${code.sentence}${also}`,
    { exitCode, symbol: code.symbol, wayOut: code.wayOut },
  );
}

function unknown(run: Run, exitCode: number): StackFault {
  const name = signalNames[exitCode - shellSignalBase];
  let hint = '';
  if (exitCode === shellNotExecutable) hint = '; a shell ends so when it may not execute a command';
  if (name !== undefined)
    hint = `; it is ${shellSignalBase} + ${exitCode - shellSignalBase}, as a shell reports a death by ${name}`;
  return scriptFault(
    run,
    'unknown-exit-code',
    `ended with exit code ${exitCode}, which the contract does not know${hint}`,
    {
      exitCode,
      wayOut: wayOutOfStack,
    },
  );
}

/** The fault for a script that could not be started. */
export function startFault(run: Run, error: unknown): StackFault {
  const code = error instanceof FileError ? error.code : undefined;
  const detail = error instanceof Error ? error.message : String(error);
  if (code === 'not-found')
    return scriptFault(
      run,
      'not-started',
      'could not be started: it, or the interpreter that its first line names, is not there',
      {
        wayOut: 'Install the stack anew, with everything that it needs.',
      },
    );
  if (code === 'not-permitted')
    return scriptFault(run, 'not-started', 'could not be started: it may not be executed', {
      wayOut: 'Make the script executable (chmod 755), and see that its file system is not mounted with noexec.',
    });
  return scriptFault(run, 'not-started', `could not be started: ${detail}`, {
    wayOut:
      'See that the script is a program of this kind of machine, and that the host is not out of memory or processes.',
  });
}

/** The fault for output that is not what the contract says; the clause is about the output. */
export function outputFault(run: Run, reason: 'unreadable' | 'too-long', clause: string): StackFault {
  return scriptFault(run, reason, `printed what cannot be used: ${clause}`, { wayOut: wayOutOfStack });
}
