import { implement } from './call.ts';

export const pool = implement('pool', {
  is_slave: (call) => {
    const [own] = call.database.refs('pool');
    return own !== undefined && call.database.require('pool', own).master !== call.hostRef;
  },
  sync_database: (call) => call.database.flush(),
});
