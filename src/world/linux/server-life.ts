import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Limits } from '../../lib/limits.ts';
import type { Log, Random } from '../world.ts';
import { fileError } from './file-errors.ts';
import type { HttpConnections } from './http-server.ts';

export interface ListenerParts {
  readonly limits: Limits;
  readonly log: Log;
  readonly random: Random;
}

/** Waits for a server to listen; failures name the address. */
export function listening(server: NetServer, where: string, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(fileError(where, error));
    server.once('error', failed);
    server.once('listening', () => {
      server.off('error', failed);
      resolve();
    });
    start();
  });
}

/** `host:port` of a listening server, with brackets around an IPv6 address. */
export function boundAddress(server: NetServer): string {
  const { address, port } = server.address() as AddressInfo;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Takes no new connections, waits for requests that run, then ends the rest. */
export async function closeServer(server: NetServer, connections: HttpConnections, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  connections.closeGently();
  const cut = setTimeout(() => connections.cut(), graceMs);
  await closed;
  clearTimeout(cut);
}
