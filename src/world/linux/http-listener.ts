import type { Server } from 'node:http';
import type { HttpAddress, HttpHandler, HttpListener, Random } from '../world.ts';
import { createRefusals } from './http-refusals.ts';
import { HttpConnections, serverOptions } from './http-server.ts';
import { nodeHttp } from './node-http.ts';
import { closeServer, type ListenerParts, listening } from './server-life.ts';
import { createTlsListener } from './tls-listener.ts';
import { claimSocketPath } from './unix-socket.ts';

/** Serves HTTP on a Unix socket or over TLS. Rejects with a sentence that names the address when it cannot. */
export function listen(parts: ListenerParts, address: HttpAddress, handler: HttpHandler): Promise<HttpListener> {
  return address.kind === 'unix' ? listenUnix(parts, address, handler) : createTlsListener(parts, address, handler);
}

async function listenUnix(
  parts: ListenerParts,
  address: Extract<HttpAddress, { kind: 'unix' }>,
  handler: HttpHandler,
): Promise<HttpListener> {
  const { limits, log } = parts;
  const { path, mode, fd } = address;
  const refusals = createRefusals(log, path, () => performance.now());
  const { createServer } = nodeHttp();
  const server = createServer(serverOptions(limits));
  server.maxConnections = limits.unixConnections;
  server.on('drop', () =>
    refusals.count('connections', path, `found all ${limits.unixConnections} connections in use`),
  );
  const peer = { transport: 'unix', address: path, trusted: (mode & 0o077) === 0 } as const;
  const connections = new HttpConnections(server, 'connection', {
    handler,
    limits,
    log,
    refusals,
    peer: () => peer,
    shareKey: () => undefined,
  });
  let unshow = (): Promise<void> => Promise.resolve();
  // A socket that was inherited belongs to whoever made it, and stays.
  if (fd === undefined) unshow = await bindAndShow(server, path, mode, parts.random);
  else await listening(server, path, () => server.listen({ fd }));
  return {
    address: path,
    get connections() {
      return connections.open;
    },
    reloadCertificate: () => Promise.resolve(),
    close: async (graceMs) => {
      await unshow();
      await closeServer(server, connections, graceMs);
    },
  };
}

/** Returns what removes the socket's path again. */
async function bindAndShow(server: Server, path: string, mode: number, random: Random): Promise<() => Promise<void>> {
  const place = await claimSocketPath(path, mode, Buffer.from(random.bytes(3)).toString('hex'));
  try {
    await listening(server, path, () => server.listen(place.bindPath));
  } catch (error) {
    await place.abandon();
    throw error;
  }
  try {
    return await place.show();
  } catch (error) {
    server.close();
    throw error;
  }
}
