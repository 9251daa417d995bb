import {
  type CertificatePaths,
  FileError,
  type Files,
  type Http,
  type HttpAddress,
  type HttpHandler,
  type HttpListener,
  type Peer,
} from '../world.ts';
import { checkPair } from './certificates.ts';
import { Exchange } from './http-exchange.ts';
import type { Listening } from './http-listeners.ts';
import type { HttpParts } from './http-side.ts';

export interface SimulatedHttpParts extends HttpParts {
  readonly files: Files;
  /** Whether this text names this host, for listening. */
  readonly isOwnAddress: (host: string) => boolean;
  readonly nextConnection: () => number;
}

/** HTTP between hosts that share a simulated network. Certificates must be there and sound, but nobody verifies them. */
export function simulatedHttp(parts: SimulatedHttpParts): Http {
  return {
    listen: (address, handler) => listen(parts, address, handler),
    call: (target, options) =>
      parts.life.promise((resolve, reject) => {
        const found = 'url' in target ? findUrl(parts, target.url) : { serverSide: parts.side, key: target.socketPath };
        const where = 'url' in target ? target.url : target.socketPath;
        const connection = parts.nextConnection();
        new Exchange({ ...parts, ...found, where, options, connection }, resolve, reject).begin();
      }),
  };
}

function findUrl(parts: SimulatedHttpParts, text: string): { serverSide: HttpParts['side'] | undefined; key: string } {
  const url = new URL(text);
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const local = name === 'localhost' || name === '127.0.0.1' || name === '::1';
  return { serverSide: local ? parts.side : parts.find(name), key: url.port === '' ? '443' : url.port };
}

async function listen(parts: SimulatedHttpParts, address: HttpAddress, handler: HttpHandler): Promise<HttpListener> {
  let pair: CertificatePaths | undefined = address.kind === 'tls' ? address : undefined;
  const readPair = async (next = pair): Promise<void> => {
    if (pair === undefined || next === undefined) return;
    await readCertificate(parts.files, next);
    pair = next;
  };
  await readPair();
  const listening = listeningAt(parts, address, handler);
  await parts.life.promise<void>((resolve, reject) => {
    parts.life.after(0.1, () => {
      try {
        parts.side.listeners.add(listening);
        resolve();
      } catch (error) {
        reject(error as Error);
      }
    });
  });
  return {
    address: listening.address,
    get connections() {
      return listening.connections.size;
    },
    reloadCertificate: (next) => readPair(next),
    close: (graceMs) => close(parts, listening, graceMs),
  };
}

function listeningAt(parts: SimulatedHttpParts, address: HttpAddress, handler: HttpHandler): Listening {
  const { life, limits, log } = parts;
  const common = { handler, life, log, connections: new Set<() => void>() };
  if (address.kind === 'unix') {
    const { path, mode } = address;
    const peer: Peer = { transport: 'unix', address: path, trusted: (mode & 0o077) === 0 };
    return { ...common, key: path, address: path, peer: () => peer, mostConnections: limits.unixConnections };
  }
  if (!parts.isOwnAddress(address.host)) {
    throw new FileError('io', `${address.host}:${address.port}`, 'this is no address of this host');
  }
  const port = parts.side.listeners.portOf(address);
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    ...common,
    key: String(port),
    address: `${host}:${port}`,
    peer: (caller) => ({ transport: 'tls', address: caller, trusted: false }),
    mostConnections: limits.tlsConnections,
  };
}

async function readCertificate(files: Files, address: CertificatePaths): Promise<void> {
  const certificate = await files.read(address.certificatePath, 1_048_576);
  const key = await files.read(address.keyPath, 1_048_576);
  checkPair(address.certificatePath, certificate, address.keyPath, key);
}

function close(parts: SimulatedHttpParts, listening: Listening, graceMs: number): Promise<void> {
  parts.side.listeners.remove(listening);
  const { life } = parts;
  return life.promise((resolve) => {
    let leftMs = graceMs;
    const look = (): void => {
      if (leftMs <= 0) for (const cut of listening.connections) cut();
      if (listening.connections.size === 0) {
        resolve();
        return;
      }
      const waitMs = Math.min(leftMs, 10);
      leftMs -= waitMs;
      life.after(waitMs, look);
    };
    look();
  });
}
