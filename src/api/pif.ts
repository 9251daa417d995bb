import { implement } from './call.ts';

export const PIF = implement('PIF', {
  pool_introduce: (call, given) => call.change((tx) => tx.create('PIF', given)),
});
