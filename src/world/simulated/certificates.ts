import { type Certificates, FileError } from '../world.ts';
import type { Seeded } from './seeded.ts';

/**
 * Certificates that hold nothing but their names and a number that the key has too: enough to be stored, read again, found
 * to belong together or not, and the same every time.
 */
export function simulatedCertificates(chance: Seeded): Certificates {
  return {
    selfSigned: (names, days) => {
      const pair = chance.uuid();
      return Promise.resolve({
        certificate: pem('CERTIFICATE', { pair, names, days }),
        key: pem('PRIVATE KEY', { pair }),
      });
    },
  };
}

/** @throws FileError when they are not a certificate and the key that belongs to it */
export function checkPair(certificatePath: string, certificate: Uint8Array, keyPath: string, key: Uint8Array): void {
  if (pairOf(certificatePath, 'CERTIFICATE', certificate) !== pairOf(keyPath, 'PRIVATE KEY', key)) {
    throw new FileError('io', keyPath, `the key does not belong to the certificate ${certificatePath}`);
  }
}

function pem(kind: string, contents: object): string {
  const text = Buffer.from(JSON.stringify(contents)).toString('base64');
  return `-----BEGIN ${kind}-----\n${text}\n-----END ${kind}-----\n`;
}

function pairOf(path: string, kind: string, bytes: Uint8Array): unknown {
  const [, text] = new RegExp(`^-----BEGIN ${kind}-----\n(.*)\n-----END`).exec(Buffer.from(bytes).toString()) ?? [];
  try {
    return (JSON.parse(Buffer.from(text ?? '', 'base64').toString()) as { readonly pair: unknown }).pair;
  } catch {
    throw new FileError('io', path, `holds no usable ${kind.toLowerCase()}`);
  }
}
