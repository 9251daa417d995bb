import { FileError, type FileErrorCode } from '../world.ts';

const codes: Readonly<Record<string, FileErrorCode>> = {
  ENOENT: 'not-found',
  EEXIST: 'exists',
  ENOTEMPTY: 'exists',
  EADDRINUSE: 'exists',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EACCES: 'not-permitted',
  EPERM: 'not-permitted',
  EROFS: 'not-permitted',
  ENOTDIR: 'not-a-directory',
  EISDIR: 'is-a-directory',
  ERR_FS_EISDIR: 'is-a-directory',
  EFBIG: 'too-large',
};

/** What node says of a failure (`ENOENT`, …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The FileError for whatever a file operation on `path` threw. */
export function fileError(path: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const code = codes[systemCode(error) ?? ''] ?? 'io';
  return new FileError(code, path, error instanceof Error ? error.message : String(error));
}
