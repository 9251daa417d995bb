import type { HttpReply } from '../../world/world.ts';
import type { Exposition, ExpositionOptions } from './exposition.ts';

/** The page for Prometheus. What writes it is loaded for the first who asks: it takes tens of milliseconds, which a start can do without. */
export function metricsPage(options: ExpositionOptions): () => Promise<HttpReply> {
  let made: Promise<Exposition> | undefined;
  return async () => {
    made ??= import('./exposition.ts').then(({ Exposition }) => new Exposition(options));
    return (await made).page();
  };
}
