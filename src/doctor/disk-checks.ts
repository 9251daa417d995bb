/** Checks of the disk that the state lies on. */
import { join } from 'node:path';
import { FileError } from '../world/world.ts';
import { type Check, ok, type Patient, problem, runTool, settingOf, warning } from './check.ts';

const writes = 50;
const writeBytes = 4096;
/** Every change waits for the disk once: beyond this, clients notice. */
const slowMs = 50;
/** Beyond this, calls run into the time limits of clients. */
const verySlowMs = 500;

/** Times of single durable writes, sorted. Leaves nothing behind. */
async function measure({ world }: Patient, directory: string, signal: AbortSignal): Promise<readonly number[]> {
  const path = join(directory, `.doctor-${world.random.uuid()}`);
  const piece = new Uint8Array(writeBytes).fill(120);
  const times: number[] = [];
  try {
    while (times.length < writes && !signal.aborted) {
      await world.files.append(path, piece, 0o600);
      const begin = world.clock.monotonicMs();
      await world.files.sync(path);
      times.push(world.clock.monotonicMs() - begin);
    }
  } finally {
    await world.files.remove(path);
  }
  return times.sort((a, b) => a - b);
}

const latency: Check = {
  name: 'disk-latency',
  doc: 'how long the disk takes to make a change durable',
  run: async (patient, signal) => {
    const directory = settingOf(patient, 'directory');
    let times: readonly number[];
    try {
      times = await measure(patient, directory, signal);
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown;
      if (thrown.code === 'not-found') {
        return warning(`There is no ${directory} yet to measure in.`, 'Look again after the first start of the agent.');
      }
      if (thrown.code === 'not-permitted') {
        return warning(`Only its owner can measure in ${directory}.`, 'Run quorate doctor as root.');
      }
      return problem(`${directory} cannot be written: ${thrown.message}.`, 'Make room, or mend the file system.');
    }
    const p99 = times[Math.ceil(times.length * 0.99) - 1] ?? 0;
    const median = times[Math.floor(times.length / 2)] ?? 0;
    const sentence = `A durable write takes ${median.toFixed(1)} ms, of a hundred one takes ${p99.toFixed(1)} ms.`;
    const wayOut = 'Put the state on a faster disk (the setting "directory"), or take load off this one.';
    if (p99 > verySlowMs) return problem(`The disk of ${directory} is very slow. ${sentence}`, wayOut);
    return p99 > slowMs ? warning(`The disk of ${directory} is slow. ${sentence}`, wayOut) : ok(sentence);
  },
};

const mebibyte = 1_048_576;

const space: Check = {
  name: 'disk-space',
  doc: 'the room that is left for the state and the log',
  run: async (patient, signal) => {
    const directory = settingOf(patient, 'directory');
    const args = ['--block-size=1', '--output=avail,iavail', directory];
    const result = await runTool(patient, 'df', args, signal);
    if (result === undefined) return warning('There is no df to ask for the free space.', 'Install coreutils.');
    const [, free, files] = /^\s*(\d+)\s+(\d+|-)\s*$/.exec(result.stdout.split('\n')[1] ?? '') ?? [];
    const [bytes, inodes] = [Number(free), Number(files)];
    if (result.exitCode !== 0 || free === undefined) {
      return warning(`The free space of ${directory} is not known.`, 'Look again after the first start of the agent.');
    }
    const room = `${Math.floor(bytes / mebibyte)} MiB are free on the disk of ${directory}`;
    const wayOut =
      'Make room: journalctl --vacuum-size=200M, and the cache of the package manager, are good places to begin.';
    if (bytes < 64 * mebibyte) return problem(`${room}: soon nothing can be changed.`, wayOut);
    // Some file systems have no number of inodes; they say 0 or -.
    if (inodes > 0 && inodes < 100) return problem(`Only ${inodes} files can be made there.`, wayOut);
    return bytes < 1024 * mebibyte ? warning(`Only ${room}.`, wayOut) : ok(`${room}.`);
  },
};

export const diskChecks: readonly Check[] = [latency, space];
