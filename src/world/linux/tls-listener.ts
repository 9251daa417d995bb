import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { CertificatePaths, HttpAddress, HttpHandler, HttpListener, Peer } from '../world.ts';
import { FileError } from '../world.ts';
import { fileError } from './file-errors.ts';
import { createRefusals } from './http-refusals.ts';
import { HttpConnections, serverOptions } from './http-server.ts';
import { nodeHttps, nodeTls } from './node-http.ts';
import { boundAddress, closeServer, type ListenerParts, listening } from './server-life.ts';

/** Forward secrecy and AEAD only. Some clients of this API offer nothing but ECDHE-RSA-AES-GCM on TLS 1.2. */
const secrecy = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_AES_128_GCM_SHA256',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  honorCipherOrder: true,
} as const satisfies TlsOptions;

type TlsAddress = Extract<HttpAddress, { kind: 'tls' }>;

export async function createTlsListener(
  parts: ListenerParts,
  address: TlsAddress,
  handler: HttpHandler,
): Promise<HttpListener> {
  const { limits, log } = parts;
  let pair: CertificatePaths = address;
  const where = `${address.host}:${address.port}`;
  const refusals = createRefusals(log, where, () => performance.now());
  const server = nodeHttps().createServer({
    ...serverOptions(limits),
    ...secrecy,
    ...(await readPair(address)),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: limits.headersTimeoutMs,
  });
  server.maxConnections = limits.tlsConnections;
  server.on('drop', () =>
    refusals.count('connections', where, `found all ${limits.tlsConnections} connections in use`),
  );
  const perAddress = new Map<string, number>();
  // Counted before the handshake, which costs more than anything that follows.
  server.on('connection', (socket: Socket) => {
    const from = peerAddress(socket);
    const count = (perAddress.get(from) ?? 0) + 1;
    if (count > limits.tlsConnectionsPerAddress) {
      refusals.count('connections-per-address', from, `has ${limits.tlsConnectionsPerAddress} connections already`);
      socket.destroy();
      return;
    }
    perAddress.set(from, count);
    socket.on('close', () => {
      const left = (perAddress.get(from) ?? 1) - 1;
      if (left === 0) perAddress.delete(from);
      else perAddress.set(from, left);
    });
  });
  server.on('tlsClientError', (error, socket) => {
    if (log.debugOn) {
      log.write('debug', 'tls-handshake-failed', `A TLS handshake failed: ${error.message}`, {
        address: peerAddress(socket),
      });
    }
    socket.destroy();
  });
  const connections = new HttpConnections(server, 'secureConnection', {
    handler,
    limits,
    log,
    refusals,
    peer: (socket): Peer => ({ transport: 'tls', address: peerAddress(socket), trusted: false }),
    shareKey: (peer) => peer.address,
  });
  await listening(server, where, () => server.listen(address.port, address.host));
  return {
    address: boundAddress(server),
    get connections() {
      return connections.open;
    },
    reloadCertificate: async (next) => {
      server.setSecureContext({ ...secrecy, ...(await readPair(next ?? pair)) });
      pair = next ?? pair;
    },
    close: (graceMs) => closeServer(server, connections, graceMs),
  };
}

/**
 * Reads certificate and key and makes sure that they belong together and can be used.
 * @throws FileError that says what is wrong with which file
 */
async function readPair(address: CertificatePaths): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
  const cert = await readPem(address.certificatePath);
  const key = await readPem(address.keyPath);
  const certificate = parse(address.certificatePath, 'certificate', () => new X509Certificate(cert));
  const privateKey = parse(address.keyPath, 'private key', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new FileError('io', address.keyPath, `the key does not belong to the certificate ${address.certificatePath}`);
  }
  parse(address.certificatePath, 'certificate', () => nodeTls().createSecureContext({ ...secrecy, cert, key }));
  return { cert, key };
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

function parse<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new FileError(
      'io',
      path,
      `holds no usable ${what} (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** The peer's address; an IPv4 one that came through an IPv6 socket in its IPv4 form. */
function peerAddress(socket: Socket): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
