/** The host's figures over time, as operations see them. Implemented in src/host/metrics. */
import type { RecordOf } from '../datamodel/index.ts';

export type DataSource = RecordOf<'data_source'>;

export interface Figures {
  dataSources(): readonly DataSource[];
  /** The latest value; not a number while it is unknown. @throws ApiError INVALID_VALUE when there is no such figure. */
  query(name: string): number;
  /** Archives a figure that was turned off. Resolves when that is on disk. @throws ApiError INVALID_VALUE */
  record(name: string): Promise<void>;
  /** Throws its archives away and keeps none until `record`. Resolves when that is on disk. @throws ApiError INVALID_VALUE */
  forget(name: string): Promise<void>;
}
