/**
 * The numbers of the mesh: times that may be set, and limits that bound its tables.
 */

export interface MeshSettings {
  /** Between two beats on a link. Lower: silence is noticed sooner; higher: less idle traffic. */
  readonly beatIntervalMs: number;
  /** A link is silent after this long at the least; never under three beats. */
  readonly silenceMinMs: number;
  /** ... and at the most (before own health stretches it). */
  readonly silenceMaxMs: number;
  /** One dial, from the first packet to the acknowledgement. */
  readonly dialTimeoutMs: number;
  /** One dial that checks a suspect or a name. */
  readonly checkTimeoutMs: number;
  /** From a quorum with `reset` and `refused` to the obituary. */
  readonly buryHardMs: number;
  /** From a quorum on silence to the obituary: the time to refute. */
  readonly burySilentMs: number;
  /** The same where only `stalled` makes the quorum. */
  readonly buryStalledMs: number;
  /** A report counts for this long unless it is renewed. */
  readonly reportExpiryMs: number;
  /** First wait before an address is dialled again; doubles. */
  readonly redialMinMs: number;
  /** Longest wait for an address of the `join` list. Lower: late seeds are met sooner. */
  readonly seedRedialMaxMs: number;
  /** Longest wait for the address of a member that was lost. */
  readonly lostRedialMaxMs: number;
  /** Records wait this long for company before they are pushed. */
  readonly batchMs: number;
  /** Shortest time between two catalogs of one owner. */
  readonly publishIntervalMs: number;
  /** From `leaving` to the moment when everybody has heard it. */
  readonly spreadMs: number;
  /** An end is remembered this long. */
  readonly graveMs: number;
  /** Up to this many members every pair holds a mesh link; above it only neighbours on the rings. */
  readonly fullMeshMax: number;
  /** A link that carries calls only closes this long after the last one. Higher: fewer dials, more idle connections. */
  readonly callLinkIdleMs: number;
}

export const meshDefaults: MeshSettings = {
  beatIntervalMs: 500,
  silenceMinMs: 1_500,
  silenceMaxMs: 4_000,
  dialTimeoutMs: 1_000,
  checkTimeoutMs: 500,
  buryHardMs: 200,
  burySilentMs: 3_000,
  buryStalledMs: 10_000,
  reportExpiryMs: 10_000,
  redialMinMs: 100,
  seedRedialMaxMs: 500,
  lostRedialMaxMs: 300_000,
  batchMs: 5,
  publishIntervalMs: 250,
  spreadMs: 200,
  graveMs: 72 * 3_600_000,
  fullMeshMax: 9,
  callLinkIdleMs: 60_000,
};

/** Bounds of tables and messages; each has a test at the edge and one beyond. */
export const meshLimits = {
  urlCharacters: 256,
  bodyBytes: 256 * 1024,
  functions: 2_000,
  /** Records that one server keeps, finals included; the oldest final makes room. */
  records: 16_384,
  /** Records or heads in one message. */
  recordsPerMessage: 512,
  /** Records that newcomers get in one tick, all together. */
  snapshotRecordsPerTick: 8_192,
  /** A newcomer that lacks more records than this is referred to others. */
  wholeSnapshotRecords: 512,
  /** Members that it asks for a share each, at the most. */
  snapshotGivers: 8,
  /** Newcomers of the last seconds beyond which news goes to those of them alone that are neighbours. */
  crowd: 16,
  /** Bytes of records that close a batch. */
  batchBytes: 8 * 1024,
  /** One piece of a body. */
  bodyPieceBytes: 32 * 1024,
  /** Distinct bodies kept for live members. */
  bodies: 16_384,
  /** Parts of the table that two members compare by a hash each; part of the protocol. */
  buckets: 256,
  /** Reports kept about one member. */
  reportsPerTarget: 16,
  /** Names taken over from a silent holder in a minute. */
  takeoversPerMinute: 3,
  /** Dials under way at once; with them, greetings that wait for a name to be checked. */
  dials: 64,
  /** Dials under way on behalf of one peer. */
  errandsPerLink: 8,
  /** Adopters that a member may name. */
  adopters: 4,
  /** Members that one adopts. */
  adoptees: 8,
  /** Records that wait for one key; of one link; and bytes of all. */
  unprovenPerKey: 4,
  unprovenPerLink: 4_096,
  unprovenBytes: 8 * 1024 * 1024,
  /** Words of one link in ten seconds that are looked at and are not by whom they say. */
  forgeriesPerLink: 64,
  /** Changes of one owner's record that are taken at once, and in a second on average; owners of whom some wait. */
  changesAtOnce: 32,
  changesPerSecond: 16,
  hurriedOwners: 64,
  /** Epochs by which one word of others may raise a member's own. */
  epochStep: 2 ** 20,
  /** Doubts kept, and told in one message, while convictions are frozen. */
  doubts: 16_384,
} as const;

/** Protocol versions that this build speaks. */
export const meshProtocol = { min: 1, max: 1 } as const;
