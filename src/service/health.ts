/** Whether the agent is in order, found out by using it. */
import type { Journal } from '../database/journal.ts';
import { limits } from '../lib/limits.ts';
import type { Clock, Http } from '../world/world.ts';

export interface HealthParts {
  readonly clock: Clock;
  readonly http: Http;
  readonly journal: Pick<Journal, 'generationCeiling'>;
  readonly socketPath: string;
}

/**
 * What is so wrong with the agent that only a new start can help, in one sentence; undefined when nothing is. A full disk is not: a
 * new start would find it just as full.
 */
export async function findFault(parts: HealthParts): Promise<string | undefined> {
  const faults = await Promise.all([loopFault(parts), databaseFault(parts), listenerFault(parts)]);
  return faults.find((fault) => fault !== undefined);
}

/** The main loop must come round to a timer that is due, and to everything that is ready before it. */
async function loopFault({ clock }: HealthParts): Promise<string | undefined> {
  const begin = clock.monotonicMs();
  await clock.sleep(1);
  await clock.yield();
  const tookMs = Math.round(clock.monotonicMs() - begin);
  return tookMs > limits.healthLoopMs ? `the main loop took ${tookMs} ms for one turn` : undefined;
}

/** The thread that writes the journal must answer. */
async function databaseFault({ clock, journal }: HealthParts): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const cancel = clock.after(limits.healthAnswerMs, () =>
    late.resolve(`the database did not answer within ${limits.healthAnswerMs} ms`),
  );
  try {
    const answer = journal.generationCeiling().then(
      () => undefined,
      (thrown: unknown) => `the database does not answer: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
    return await Promise.race([answer, late.promise]);
  } finally {
    cancel();
  }
}

/** Whatever the answer is: that there is one counts. */
async function listenerFault({ http, socketPath }: HealthParts): Promise<string | undefined> {
  const call = { method: 'HEAD', path: '/', headers: { connection: 'close' }, body: '', maxReplyBytes: 65_536 };
  try {
    await http.call({ socketPath }, { ...call, timeoutMs: limits.healthAnswerMs });
    return undefined;
  } catch (thrown) {
    return `the listener does not answer: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}
