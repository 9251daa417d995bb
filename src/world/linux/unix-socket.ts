import { chmod, link, lstat, mkdir, rm, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { FileError } from '../world.ts';
import { fileError, systemCode } from './file-errors.ts';
import { makeDirectories } from './make-directories.ts';

/** What the kernel takes as the path of a socket, without the NUL behind it. */
const longestPathBytes = 107;

/** A place in which a socket is made before it is shown: nobody can open it until its mode is right. */
export interface SocketPlace {
  /** Where to bind. */
  readonly bindPath: string;
  /** Gives the bound socket its mode and shows it under its path. Returns what removes it there, unless it was replaced. */
  show(): Promise<() => Promise<void>>;
  /** Removes what was made so far. */
  abandon(): Promise<void>;
}

/**
 * Prepares the path of a socket: makes its directory (0700), removes a socket on which nobody answers.
 * @throws FileError when somebody answers on it, when something else is there, or when the path cannot be used
 */
export async function claimSocketPath(path: string, mode: number, unique: string): Promise<SocketPlace> {
  const directory = dirname(path);
  const private_ = join(directory, `.${unique}`);
  const bindPath = join(private_, 's');
  if (Buffer.byteLength(path) > longestPathBytes || Buffer.byteLength(bindPath) > longestPathBytes) {
    throw new FileError('too-large', path, `the path of a socket has at most ${longestPathBytes} bytes`);
  }
  try {
    await makeDirectories(directory, 0o700);
    await removeIfStale(path);
    await mkdir(private_, { mode: 0o700 });
  } catch (error) {
    throw fileError(path, error);
  }
  return {
    bindPath,
    show: async () => {
      try {
        await chmod(bindPath, mode);
        // Unlike a rename, a link does not push away the socket of another agent that started at the same time.
        await link(bindPath, path);
        const { ino } = await lstat(path);
        return () => unlinkIfSame(path, ino);
      } catch (error) {
        throw systemCode(error) === 'EEXIST' ? taken(path) : fileError(path, error);
      } finally {
        await rm(private_, { recursive: true, force: true });
      }
    },
    abandon: () => rm(private_, { recursive: true, force: true }),
  };
}

async function removeIfStale(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new FileError('exists', path, 'something is there that is no socket; it is left as it is');
  if (await answers(path)) throw taken(path);
  await unlinkIfSame(path, found.ino);
}

async function unlinkIfSame(path: string, inode: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.ino === inode) await unlink(path);
}

function taken(path: string): FileError {
  return new FileError('exists', path, 'another program answers on this socket; is the agent already running?');
}

/** Whether a program listens on the socket. Only a clear no counts as no. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', (error) => {
      const code = systemCode(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      // A full backlog: somebody listens and has much to do.
      else if (code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}
