/** What the agent itself does before the machine goes down. Guests come before it, once there are any. */
import { hostOperations } from '../../api/host-operations.ts';
import type { Database } from '../../database/types.ts';
import type { CleanStep } from './clean-path.ts';

function setLive(database: Database, hostRef: string, live: boolean): void {
  const metrics = database.get('host', hostRef)?.metrics ?? '';
  if (database.get('host_metrics', metrics) === undefined) return;
  database.transaction((tx) => {
    tx.update('host_metrics', metrics, { live });
    hostOperations.refresh(tx, hostRef);
  });
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
