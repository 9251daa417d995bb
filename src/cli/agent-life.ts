/** Finds out whether an agent that owes an answer still does anything. */
import { Connection } from './connection.ts';
import { Unreachable } from './failure.ts';

/** The sentence about an agent that holds its socket without answering. `waitedMs` is for how long. */
export function silent(socket: string, waitedMs: number): Unreachable {
  return new Unreachable(
    `The agent holds ${socket} and does not answer: nothing came within ${waitedMs / 1000} seconds. Its log says what it is doing (journalctl -u quorated); systemctl restart quorated starts it anew.`,
  );
}

/**
 * Asks a cheap question on a connection of its own. Undefined when the agent answers, when it takes no more connections (it is
 * stopping, and tells so on the one that waits), or when `signal` aborts.
 */
export async function lifeOf(socket: string, signal: AbortSignal, answerMs: number): Promise<Unreachable | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(silent(socket, answerMs)), answerMs);
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(socket);
    await connection.get('/agent_status', AbortSignal.any([signal, late.signal]));
    return undefined;
  } catch (thrown) {
    return late.signal.aborted && thrown === late.signal.reason ? silent(socket, answerMs) : undefined;
  } finally {
    clearTimeout(timer);
    connection?.close();
  }
}
