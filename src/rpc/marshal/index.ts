/** Between the wire and the API's types: parameters in, results out. */
export { createEncoders, type Encoded, type Encoder, type Encoders } from './encoder.ts';
export { type Event, Events, type ExistingObjects, RecordSet, RecordSubset } from './results.ts';
export { type Unmarshal, unmarshalFor } from './unmarshal.ts';
