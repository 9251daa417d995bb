import { spawn } from 'node:child_process';
import { LaboratoryError } from '../../../conformance/laboratory.ts';

/** By the clock that every process of the machine shares, so that times of the keeper and of the kit compare. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

export interface Execution {
  readonly input?: string;
  /** A descriptor that the program gets as its number 3. */
  readonly descriptor?: number;
}

/** Runs a program of the laboratory's own to its end. Rejects with LaboratoryError, and what it said, when it fails. */
export function execute(program: string, args: readonly string[], options: Execution = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe', ...(options.descriptor === undefined ? [] : [options.descriptor])],
    cwd: '/',
  });
  let output = '';
  let complaint = '';
  child.stdout?.on('data', (piece: Buffer) => (output += piece.toString('utf8')));
  child.stderr?.on('data', (piece: Buffer) => (complaint += piece.toString('utf8')));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  child.on('error', (error) => reject(new LaboratoryError(`${program}: ${error.message}`)));
  child.on('close', (code) => {
    if (code === 0) resolve(output);
    else reject(new LaboratoryError(`${program} ${args.join(' ')} failed: ${complaint.trim() || `code ${code}`}`));
  });
  return promise;
}
