/** Figures of hosts over time. */
import type { Call, ClassHandlers } from './call.ts';

type Handlers = Pick<
  ClassHandlers<'host'>,
  'get_data_sources' | 'query_data_source' | 'record_data_source' | 'forget_data_source_archives'
>;

/** @param assertOwn Throws when a host is not the one of this agent. */
export function hostFigures(assertOwn: (call: Call, host: string) => void): Handlers {
  return {
    get_data_sources: (call, { host }) => {
      assertOwn(call, host);
      return call.figures.dataSources();
    },
    query_data_source: (call, { host, data_source }) => {
      assertOwn(call, host);
      return call.figures.query(data_source);
    },
    record_data_source: (call, { host, data_source }) => {
      assertOwn(call, host);
      return call.figures.record(data_source);
    },
    forget_data_source_archives: (call, { host, data_source }) => {
      assertOwn(call, host);
      return call.figures.forget(data_source);
    },
  };
}
