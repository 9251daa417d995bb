/** Every limit of the agent, by name, with its reason. A configuration may lower or raise those that say so. */
export const limits = {
  /** Longest body of a call. Real servers take 300 KiB; a VM record is 12 KiB. */
  requestBodyBytes: 307_200,
  /** All headers of a request together. Node refuses more with 431. */
  requestHeaderBytes: 16_384,
  /** Time for a client to send its headers. */
  headersTimeoutMs: 10_000,
  /** Time for a client to send the whole request. */
  requestTimeoutMs: 30_000,
  /** A connection without a request is closed after this. Clients that poll every minute keep theirs. */
  idleConnectionMs: 120_000,
  /** A client that takes none of its reply for this long is cut off. */
  stalledReplyMs: 60_000,
  unixConnections: 1024,
  tlsConnections: 800,
  /** Connections from one TLS address. */
  tlsConnectionsPerAddress: 128,
  /** Requests of one connection that run at a time; further ones wait in the connection. */
  requestsInFlightPerConnection: 16,
  /** Requests of one connection that wait; beyond it the connection is paused. */
  requestsQueuedPerConnection: 64,
  /** Longest the main loop works on one thing before it lets others run. */
  sliceMs: 4,
  /** Size of the pieces in which long replies go out. */
  sliceBytes: 65_536,
  /** Nesting of a request's values. */
  valueDepth: 64,
  /** Values (scalars, members, elements) in one request. */
  valueCount: 100_000,
  /** Text of a filter expression, and its nesting. */
  expressionBytes: 65_536,
  expressionDepth: 128,
  /** Commits that are remembered for event.from; older tokens get EVENTS_LOST. */
  rememberedCommits: 65_536,
  /** Objects in one segment of a class. */
  segmentRows: 64,
  /** Bytes of encoded replies that are kept for the next caller. */
  encodedCacheBytes: 134_217_728,
  /** Longest text of one string field. */
  stringBytes: 262_144,
} as const;
