/** What the database writes, by number. A change of the stored fields that needs help raises the number. */
import type { JournalObject, OpenOptions } from './journal.ts';

export const schemaVersion = 1;

/** How a journal of this database is opened. */
export function journalOptions(how: { readonly create: boolean; readonly readOnly?: boolean }): OpenOptions {
  return {
    ...how,
    schemaVersion,
    upgrade: (object: JournalObject): JournalObject => object,
  };
}
