import assert from 'node:assert/strict';
import { CallFailed } from './api-client.ts';

/** The error that a call ends with: its code, then the parameters. A call that succeeds fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<readonly string[]> {
  const outcome = await call.then(
    (value) => `a result: ${JSON.stringify(value)}`,
    (thrown: unknown) => thrown,
  );
  assert.ok(outcome instanceof CallFailed, `expected an API error, got ${String(outcome)}`);
  return outcome.description;
}
