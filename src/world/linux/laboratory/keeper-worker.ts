/** The program of a laboratory's keeper. It speaks with the kit over the channel that Node makes between a process and its child. */
import { LaboratoryError } from '../../../conformance/laboratory.ts';
import { Keeper } from './keeper.ts';
import type { KeeperMessage, KeeperRequest } from './protocol.ts';

function tell(message: KeeperMessage): void {
  if (process.connected) process.send?.(message);
}

const keeper = new Keeper(tell);

async function serve({ id, verb, args }: KeeperRequest): Promise<void> {
  try {
    const method = keeper[verb] as (...args: readonly unknown[]) => unknown;
    tell({ kind: 'answer', id, value: await method.call(keeper, ...args) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ kind: 'failure', id, message, unable: error instanceof LaboratoryError });
  }
}

process.on('message', (request: KeeperRequest) => void serve(request));
// Exiting would wait for the threads that read from FUSE. The kit sees that the channel is closed, and has the kernel end everything.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  if (process.connected) process.disconnect();
});
// Whoever had it made is gone. The kernel ends everything in a namespace with its process 1.
process.on('disconnect', () => void keeper.close().finally(() => process.exit(1)));
// Signals that a terminal sends to all: the kit decides when it is over.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
tell({ kind: 'ready' });
