import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Certificates } from '../world.ts';

const dayMs = 86_400_000;

/**
 * RSA, because clients of this API are about that offer nothing but ECDHE-RSA on TLS 1.2. A name that is an address becomes
 * an address entry: clients that connect by address check no other.
 */
export function createCertificates(): Certificates {
  return {
    selfSigned: async (names, days) => {
      // Loaded when it is needed: it takes as long as the rest of the agent's start.
      const { generate } = await import('./certificate-maker.ts');
      const now = Date.now();
      const made = await generate([{ name: 'commonName', value: (names[0] ?? 'localhost').slice(0, 64) }], {
        keyType: 'rsa',
        keySize: 2048,
        algorithm: 'sha256',
        // Clocks of a pool differ a little.
        notBeforeDate: new Date(now - dayMs),
        notAfterDate: new Date(now + days * dayMs),
        extensions: [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
          {
            name: 'subjectAltName',
            altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
          },
        ],
      });
      return { certificate: made.cert, key: made.private };
    },
  };
}

/**
 * How long a certificate is valid, and whether the key is its own; both PEM.
 * @throws Error when one of them is none
 */
export function inspectCertificate(
  certificate: Uint8Array,
  key: Uint8Array,
): { readonly notBeforeMs: number; readonly notAfterMs: number; readonly belongs: boolean } {
  const parsed = new X509Certificate(certificate);
  return {
    notBeforeMs: parsed.validFromDate.getTime(),
    notAfterMs: parsed.validToDate.getTime(),
    belongs: parsed.checkPrivateKey(createPrivateKey(Buffer.from(key))),
  };
}
