import Mocha from 'mocha';

/**
 * How a test says that it cannot run on this machine. Call it inside a test or a `before` hook; nothing after the
 * call runs. The reason is printed at the end of the run: a whole sentence about what is missing, such as
 * `skip(this, 'pamtester is not installed')`.
 */
export function skip(context: Mocha.Context, reason: string): never {
  const runnable = context.runnable();
  // A hook speaks for every test of its suite.
  reasons.set(runnable instanceof Mocha.Hook ? (runnable.parent ?? runnable) : runnable, reason);
  return context.skip();
}

/** Why this test, or a suite around it, was skipped. */
export function skipReason(test: Mocha.Test): string | undefined {
  let owner: Mocha.Test | Mocha.Suite | undefined = test;
  while (owner) {
    const reason = reasons.get(owner);
    if (reason !== undefined) return reason;
    owner = owner.parent;
  }
  return undefined;
}

const reasons = new WeakMap<object, string>();
