/** Stands in for the journal's thread: answers until the first append, then ends without a word. */
import { parentPort } from 'node:worker_threads';

if (parentPort === null) throw new Error('this is a thread');
const port = parentPort;
port.on('message', (batch: readonly { readonly id: number; readonly request: { readonly kind: string } }[]) => {
  for (const { id, request } of batch) {
    if (request.kind === 'append') process.exit(7);
    port.postMessage({ id, value: request.kind === 'load' ? [] : 0 });
  }
});
port.postMessage({ version: 1 });
