/**
 * A process that serves a socket which another one made, as under systemd's socket activation. With one argument (the path) it
 * makes the socket, starts itself again with it as descriptor 3, and dies; with two it serves.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createLinuxWorld } from '../../src/world/linux/world.ts';

const [path = '', second] = process.argv.slice(2);
if (second === undefined) {
  const holder = createServer().listen(path, () => {
    const { fd } = (holder as unknown as { _handle: { fd: number } })._handle;
    const child = spawn(process.execPath, [import.meta.filename, path, 'serve'], {
      stdio: ['ignore', 'inherit', 'inherit', fd],
    });
    // Ending in the usual way would remove the socket's path.
    child.once('spawn', () => process.kill(process.pid, 'SIGKILL'));
  });
} else {
  const world = createLinuxWorld({ log: { level: 'error' } });
  const listener = await world.http.listen({ kind: 'unix', path, mode: 0o600, fd: 3 }, () => ({
    status: 200,
    headers: {},
    body: 'inherited',
  }));
  process.stdout.write(`${process.pid}\n`);
  process.once('SIGTERM', () => void listener.close(0));
}
