import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink, rename, rm, stat, truncate, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { inOrder } from '../../lib/in-order.ts';
import { type FileEntry, FileError, type FileStatus, type Files, type Random } from '../world.ts';
import { fileError, systemCode } from './file-errors.ts';
import { watchFile } from './file-watch.ts';
import { makeDirectories } from './make-directories.ts';

const pieceBytes = 65_536;

/** Files of this machine. Changes of one path happen in the order of the calls. */
export function createFiles(random: Random): Files {
  const ordered = inOrder();
  /** Files whose directory entry may not be on disk yet. */
  const created = new Set<string>();

  const change = (path: string, work: () => Promise<void>): Promise<void> => ordered(path, () => mapped(path, work));

  return {
    read: (path, maxBytes) => mapped(path, () => readAll(path, maxBytes)),
    writeAtomic: (path, contents, mode) => change(path, () => replace(path, contents, mode, random.uuid())),
    append: (path, contents, mode) =>
      change(path, async () => {
        if (await appendTo(path, contents, mode)) created.add(path);
      }),
    truncate: (path, length) => change(path, () => cut(path, length)),
    sync: (path) =>
      change(path, async () => {
        await syncPath(path);
        if (created.delete(path)) await syncPath(dirname(path));
      }),
    makeDirectory: (path, mode) =>
      change(path, async () => {
        const first = await makeDirectories(path, mode);
        if (first !== undefined) await syncPath(dirname(first));
      }),
    list: (path) => mapped(path, async () => (await readdir(path)).sort()),
    status: (path) => mapped(path, () => statusOf(path)),
    entry: (path) => mapped(path, () => entryOf(path)),
    link: (path) => mapped(path, () => linkOf(path)),
    remove: (path) =>
      change(path, async () => {
        created.delete(path);
        if (await exists(path)) {
          await rm(path, { recursive: true, force: true });
          await syncPath(dirname(path));
        }
      }),
    watch: watchFile,
  };
}

async function mapped<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(path, error);
  }
}

async function withHandle<T>(
  path: string,
  flags: string,
  mode: number,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags, mode);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** The size that a file claims is not trusted: files under /proc claim none, and a file may grow while it is read. */
async function readAll(path: string, maxBytes: number): Promise<Uint8Array> {
  return withHandle(path, 'r', 0, async (file) => {
    const status = await file.stat();
    const claimed = status.isFile() ? status.size : 0;
    if (claimed > maxBytes) throw tooLarge(path, maxBytes);
    const pieces: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.max(pieceBytes, claimed - total + 1));
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) break;
      total += bytesRead;
      if (total > maxBytes) throw tooLarge(path, maxBytes);
      pieces.push(piece.subarray(0, bytesRead));
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, total);
  });
}

function tooLarge(path: string, maxBytes: number): FileError {
  return new FileError('too-large', path, `the file is longer than ${maxBytes} bytes`);
}

async function replace(path: string, contents: Uint8Array | string, mode: number, unique: string): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path).slice(0, 200)}.${unique}`);
  try {
    await withHandle(temporary, 'wx', mode, async (file) => {
      // The mode given to open is cut by the umask.
      await file.chmod(mode);
      await file.writeFile(contents);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncPath(directory);
}

/** Returns whether the file is new. */
async function appendTo(path: string, contents: Uint8Array, mode: number): Promise<boolean> {
  const isNew = !(await exists(path));
  await withHandle(path, 'a', mode, async (file) => {
    if (isNew) await file.chmod(mode);
    await file.appendFile(contents);
  });
  return isNew;
}

async function cut(path: string, length: number): Promise<void> {
  const { size } = await stat(path);
  // The system call would lengthen a shorter file with zeros.
  if (length < size) await truncate(path, length);
}

async function syncPath(path: string): Promise<void> {
  await withHandle(path, 'r', 0, (file) => file.sync());
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

async function statusOf(path: string): Promise<FileStatus | undefined> {
  try {
    const found = await stat(path);
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : found.isSocket() ? 'socket' : 'other';
    return { size: found.size, mode: found.mode & 0o7777, uid: found.uid, modifiedMs: found.mtimeMs, kind };
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function kindOf(found: Stats): FileEntry['kind'] {
  if (found.isSymbolicLink()) return 'link';
  return found.isFile() ? 'file' : found.isDirectory() ? 'directory' : found.isSocket() ? 'socket' : 'other';
}

/**
 * Asked of the kernel without a detour over another thread, which would take twenty times as long: a cluster stack is looked at so
 * before each call of a script, and starting a program waits for the same disk on this thread anyway.
 */
async function entryOf(path: string): Promise<FileEntry | undefined> {
  try {
    const found = lstatSync(path);
    const kind = kindOf(found);
    const target = kind === 'link' ? readlinkSync(path) : undefined;
    return {
      kind,
      mode: found.mode & 0o7777,
      uid: found.uid,
      size: found.size,
      modifiedMs: found.mtimeMs,
      changedMs: found.ctimeMs,
      inode: found.ino,
      ...(target === undefined ? {} : { target }),
    };
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function linkOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    // EINVAL: it is there, and it is no link.
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'EINVAL') return undefined;
    throw error;
  }
}

/** Below what is no directory there is nothing either. */
function isAbsence(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
