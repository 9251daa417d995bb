import { implement } from './call.ts';

export const secret = implement('secret', {
  introduce: (call, given) => call.change((tx) => tx.create('secret', given)),
});
