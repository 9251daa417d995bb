/** Takes an encoded answer apart for tests. */
import type { Encoded } from '../../src/rpc/marshal/encoder.ts';

/** The whole text of an answer, however it comes. */
export async function textOf(encoded: Encoded): Promise<string> {
  if (typeof encoded === 'string') return encoded;
  return Buffer.concat(await slicesOf(encoded)).toString('utf8');
}

/** Its slices; one for an answer that comes whole. */
export async function slicesOf(encoded: Encoded): Promise<Uint8Array[]> {
  if (typeof encoded === 'string') return [Buffer.from(encoded)];
  if (encoded instanceof Uint8Array) return [encoded];
  const slices: Uint8Array[] = [];
  for await (const slice of encoded) slices.push(slice);
  return slices;
}
