/** The listeners for TLS: which there are, and which certificate they show. Both can change while connections go on. */
import { dirname } from 'node:path';
import { limits } from '../lib/limits.ts';
import type { ListenAddress } from '../settings/table.ts';
import type { Cancel, CertificatePaths, HttpHandler, HttpListener, World } from '../world/world.ts';

export interface TlsSettings extends CertificatePaths {
  readonly listen: readonly ListenAddress[];
}

interface Open {
  readonly wanted: ListenAddress;
  readonly listener: HttpListener;
}

type TlsWorld = Pick<World, 'certificates' | 'files' | 'http' | 'log' | 'machine'>;

const same = (a: ListenAddress, b: ListenAddress): boolean => a.host === b.host && a.port === b.port;

export class TlsListeners {
  readonly #world: TlsWorld;
  readonly #handler: HttpHandler;
  #open: readonly Open[] = [];
  #pair: CertificatePaths | undefined;
  #unwatch: Cancel = () => {};
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  constructor(world: TlsWorld, handler: HttpHandler) {
    this.#world = world;
    this.#handler = handler;
  }

  /** `host:port` with the port that was given out, of each listener. */
  get addresses(): readonly string[] {
    return this.#open.map(({ listener }) => listener.address);
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#open.reduce((sum, { listener }) => sum + listener.connections, 0);
  }

  /**
   * Listens where it is wanted and nowhere else, with the certificate that is wanted. Connections to an address that stays
   * are kept; those to one that goes may finish what runs.
   * @throws FileError when an address or the certificate cannot be used; then all is as it was.
   */
  async apply(settings: TlsSettings): Promise<void> {
    const { certificatePath, keyPath } = settings;
    const pair = { certificatePath, keyPath };
    const kept = this.#open.filter(({ wanted }) => settings.listen.some((address) => same(address, wanted)));
    const gone = this.#open.filter((open) => !kept.includes(open));
    const added = settings.listen.filter((address) => !kept.some(({ wanted }) => same(address, wanted)));
    if (settings.listen.length > 0) await ensureCertificate(this.#world, pair);
    // An address that goes may be in the way of one that comes: 0.0.0.0:443 of 127.0.0.1:443.
    const inTheWay = gone.filter(({ wanted }) => added.some(({ port }) => port === wanted.port && port !== 0));
    for (const { listener } of inTheWay) this.#close(listener);
    const opened: Open[] = [];
    try {
      for (const wanted of added) opened.push({ wanted, listener: await this.#listen(wanted, pair) });
      if (!this.#shows(pair)) for (const { listener } of kept) await listener.reloadCertificate(pair);
    } catch (thrown) {
      for (const { listener } of opened) this.#close(listener);
      await this.#showAgain(kept);
      await this.#reopen(inTheWay);
      throw thrown;
    }
    if (this.#closed) {
      for (const { listener } of opened) this.#close(listener);
      return;
    }
    for (const open of gone) if (!inTheWay.includes(open)) this.#close(open.listener);
    this.#open = [...kept, ...opened];
    this.#follow(settings.listen.length === 0 ? undefined : pair);
  }

  /** Gives the listeners what the files of the certificate hold now. Says in the log when they cannot be used. */
  async reloadCertificate(): Promise<void> {
    if (this.#open.length === 0) return;
    const { log } = this.#world;
    try {
      for (const { listener } of this.#open) await listener.reloadCertificate();
      log.write('info', 'certificate-reloaded', 'New connections get the new certificate.');
    } catch (thrown) {
      log.write('warn', 'certificate-refused', 'The new certificate cannot be used; the old one stays in use.', {
        reason: thrown instanceof Error ? thrown.message : String(thrown),
      });
    }
  }

  /** Takes no connection any more. Resolves when all are ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    for (const { listener } of this.#open) this.#close(listener);
    this.#open = [];
    await Promise.all(this.#closing);
  }

  #listen(address: ListenAddress, pair: CertificatePaths): Promise<HttpListener> {
    return this.#world.http.listen({ kind: 'tls', ...address, ...pair }, this.#handler);
  }

  #shows(pair: CertificatePaths): boolean {
    return pair.certificatePath === this.#pair?.certificatePath && pair.keyPath === this.#pair.keyPath;
  }

  #close(listener: HttpListener): void {
    const closing = listener.close(limits.stopGraceMs).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Some may have the certificate that could not be used everywhere. */
  async #showAgain(kept: readonly Open[]): Promise<void> {
    const pair = this.#pair;
    if (pair === undefined) return;
    for (const { listener } of kept) await listener.reloadCertificate(pair).catch(() => undefined);
  }

  async #reopen(closed: readonly Open[]): Promise<void> {
    const pair = this.#pair;
    const again: Open[] = [];
    for (const { wanted } of this.#closed ? [] : closed) {
      try {
        if (pair !== undefined) again.push({ wanted, listener: await this.#listen(wanted, pair) });
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        this.#world.log.write('error', 'listener-lost', 'An address is no longer served.', { reason });
      }
    }
    this.#open = [...this.#open.filter((open) => !closed.includes(open)), ...again];
  }

  #follow(pair: CertificatePaths | undefined): void {
    if (pair !== undefined && this.#shows(pair)) return;
    this.#unwatch();
    this.#pair = pair;
    const paths = pair === undefined ? [] : [pair.certificatePath, pair.keyPath];
    const stops = paths.map((path) => this.#world.files.watch(path, () => void this.reloadCertificate()));
    this.#unwatch = () => {
      for (const stop of stops) stop();
    };
  }
}

/** Makes a self-signed certificate when there is neither certificate nor key: one that is there is never overwritten. */
async function ensureCertificate(world: TlsWorld, { certificatePath, keyPath }: CertificatePaths): Promise<void> {
  const found = await Promise.all([world.files.status(certificatePath), world.files.status(keyPath)]);
  if (found.some((status) => status !== undefined)) return;
  await world.files.makeDirectory(dirname(certificatePath), 0o700);
  await world.files.makeDirectory(dirname(keyPath), 0o700);
  const { hostname, addresses } = await world.machine();
  const names = [hostname, 'localhost', ...addresses, '127.0.0.1', '::1'];
  const made = await world.certificates.selfSigned(names, 3650);
  await world.files.writeAtomic(keyPath, made.key, 0o600);
  await world.files.writeAtomic(certificatePath, made.certificate, 0o644);
  const sentence = 'A self-signed certificate was made; put your own in its place when you have one.';
  world.log.write('info', 'certificate-made', sentence, { path: certificatePath });
}
