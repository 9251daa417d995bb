/** A laboratory in memory: what scripts answer is told by a function, so that the kit can be tried without hosts. */
import type {
  Laboratory,
  LaboratoryHost,
  LaboratoryOptions,
  LaboratoryResult,
} from '../../src/conformance/laboratory.ts';
import { scriptNames } from '../../src/stack/contract.ts';

export type FakeAnswer = Partial<LaboratoryResult> | Promise<Partial<LaboratoryResult>>;

/** Answers a call of a script by its name and arguments; `undefined` as script stands for any other program. */
export type FakeStack = (script: string | undefined, args: readonly string[], words: readonly string[]) => FakeAnswer;

function fakeHost(index: number, answer: FakeStack, now: () => number): LaboratoryHost {
  return {
    index,
    uuid: `${String(index).repeat(8)}-0000-4000-8000-000000000000`,
    address: `10.0.0.${String(index)}`,
    running: true,
    ends: [],
    watchdogArmed: false,
    powerOn: async () => undefined,
    powerOff: async () => undefined,
    run: async (program, args) => {
      const words = [program, ...args];
      const place = words.findIndex((word) => (scriptNames as readonly string[]).includes(word));
      const startedMs = now();
      const result = await answer(words[place], place < 0 ? args : words.slice(place + 1), words);
      return {
        exitCode: 0,
        signal: undefined,
        timedOut: false,
        hostEnded: false,
        stdout: '',
        stderr: '',
        truncated: false,
        startedMs,
        endedMs: now(),
        ...result,
      };
    },
    follow: () => () => undefined,
    setNetwork: async () => undefined,
    setStatefile: async () => undefined,
    processes: async () => [],
    signalProcess: () => undefined,
    ended: async () => undefined,
  };
}

export function fakeLaboratory(
  options: LaboratoryOptions,
  answer: FakeStack,
  onClose: () => void = () => undefined,
): Laboratory {
  let ticks = 0;
  const now = (): number => (ticks += 1);
  return {
    hosts: Array.from({ length: options.hostCount }, (_, index) => fakeHost(index + 1, answer, now)),
    nowMs: now,
    sleep: async (delayMs) => void (ticks += delayMs),
    readStatefile: async () => new Uint8Array(16),
    damageStatefile: async () => undefined,
    newGeneration: async () => undefined,
    setConfiguration: async () => undefined,
    close: async () => onClose(),
  };
}
