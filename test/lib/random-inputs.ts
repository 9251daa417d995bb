/**
 * Loaded before the tests. Random tests draw new inputs at every run, so that they go on finding things. Where a run decides whether
 * a change may land, the same tree must get the same answer: `QUORATE_FUZZ_SEED=N` fixes what is drawn.
 */
import { configureGlobal } from 'fast-check';

const seed = process.env['QUORATE_FUZZ_SEED'];
if (seed !== undefined) {
  if (!/^\d{1,9}$/.test(seed)) throw new Error(`QUORATE_FUZZ_SEED is to be a number, not "${seed}"`);
  configureGlobal({ seed: Number(seed) });
}
