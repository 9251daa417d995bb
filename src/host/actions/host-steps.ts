/** What the agent itself does before the machine goes down. Guests come before it, once there are any. */
import { hostOperations } from '../../api/host-operations.ts';
import type { Database, Transaction } from '../../database/types.ts';
import type { CleanStep } from './clean-path.ts';

function setLive(database: Database, hostRef: string, live: boolean): void {
  const metrics = database.get('host', hostRef)?.metrics ?? '';
  if (database.get('host_metrics', metrics) === undefined) return;
  database.transaction((tx) => {
    tx.update('host_metrics', metrics, { live });
    hostOperations.refresh(tx, hostRef);
  });
}

/** What the start of the agent, and of the machine, puts right by itself. */
export function noteStart(
  tx: Transaction,
  hostRef: string,
  { enable, rebooted }: { readonly enable: boolean; readonly rebooted: boolean },
): void {
  const { pending_guidances: before } = tx.require('host', hostRef);
  const pending = rebooted ? [] : before.filter((guidance) => guidance !== 'restart_toolstack');
  tx.update('host', hostRef, { pending_guidances: pending, ...(enable ? { enabled: true } : {}) });
}

/** In the order of their addition: the one that runs first is last. */
export function hostSteps(database: Database, hostRef: string): readonly CleanStep[] {
  return [
    { name: 'database', run: () => database.flush() },
    {
      name: 'announcement',
      run: () => setLive(database, hostRef, false),
      undo: () => setLive(database, hostRef, true),
    },
  ];
}
