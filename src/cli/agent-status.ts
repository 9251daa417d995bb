/** Asks the agent how it does. */
import { limits } from '../lib/limits.ts';
import type { AgentStatus } from '../service/agent-status.ts';
import { silent } from './agent-life.ts';
import { Connection } from './connection.ts';
import { Unreachable } from './failure.ts';

/**
 * Undefined when no agent answers on the socket, or one that does not know the question.
 * @throws Unreachable when `mustAnswer` and an agent holds the socket without answering
 */
export async function askStatus(
  socket: string,
  signal: AbortSignal,
  mustAnswer: boolean,
): Promise<AgentStatus | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(socket);
    const patience = AbortSignal.timeout(limits.cliStatusMs);
    const reply = await connection.get('/agent_status', AbortSignal.any([signal, patience]));
    return reply.status === 200 ? (JSON.parse(reply.body.toString('utf8')) as AgentStatus) : undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    if (isTimeout(thrown) && mustAnswer) throw silent(socket, limits.cliStatusMs);
    if (thrown instanceof Unreachable || thrown instanceof SyntaxError || isTimeout(thrown)) return undefined;
    throw thrown;
  } finally {
    connection?.close();
  }
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'TimeoutError';
}
