import { type Datamodel, deriveDatamodel } from '../../../src/datamodel/index.ts';

/**
 * The datamodel without the role objects of its thousand messages: they make every start take ten times as long, and the runs
 * do nothing with them.
 */
export function quickDatamodel(): Datamodel {
  const datamodel = deriveDatamodel();
  const messages = [...datamodel.messages].map(
    ([name, message]) => [name, { ...message, role: 'local-root-only' }] as const,
  );
  return { ...datamodel, messages: new Map(messages) };
}
