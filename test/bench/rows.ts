/**
 * The rows of the benchmark: who is measured beside whom, and the target of the ratio.
 */

import type { ContestantName } from './contestants.ts';

/** What of a measurement is compared. */
export type Figure = 'callsPerSecond' | 'p50Micros';

export interface Peer {
  readonly name: ContestantName;
  /** The subject's figure divided by the peer's: at least or at most this; absent: reported only. */
  readonly target?: { readonly kind: 'atLeast' | 'atMost'; readonly ratio: number };
}

export interface Row {
  readonly title: string;
  readonly subject: ContestantName;
  readonly inFlight: number;
  readonly figure: Figure;
  /** Of every contestant, at least, in milliseconds; absent: as long as a round. */
  readonly warmUpMsMin?: number;
  readonly peers: readonly Peer[];
}

/**
 * Calls through an entry server were at 15,000 a second in their first second, 33,000 in the second and 43,000 to 50,000 from the fifth
 * on, when the engine had compiled three processes; grpc-js unary at 2,600, 4,400 and, from the sixth on, 5,400 to 6,800.
 */
const callWarmUpMs = 10_000;

/**
 * A run goes through ten times as much code as a call, and in a round of 2 s only a few hundred runs do: a chain over three servers
 * took 9.7 ms in its first second, 3.1 in its fourth and 2.4 from its sixth on, when the engine had compiled all of it.
 */
const runWarmUpMs = 10_000;

const atLeast = (ratio: number): Pick<Peer, 'target'> => ({ target: { kind: 'atLeast', ratio } });
const atMost = (ratio: number): Pick<Peer, 'target'> => ({ target: { kind: 'atMost', ratio } });

export const rows: Readonly<Record<string, Row>> = {
  P1: {
    title: 'calls from server to server, 64 in flight, 150 bytes, production defaults',
    subject: 'heddle',
    inFlight: 64,
    figure: 'callsPerSecond',
    warmUpMsMin: callWarmUpMs,
    peers: [
      { name: 'grpc-js unary', ...atLeast(20) },
      { name: 'NATS', ...atLeast(4) },
      { name: 'Moleculer TCP', ...atLeast(1.5) },
      { name: 'bare TCP', ...atLeast(0.5) },
    ],
  },
  P2: {
    title: 'the same, one at a time',
    subject: 'heddle',
    inFlight: 1,
    figure: 'p50Micros',
    warmUpMsMin: callWarmUpMs,
    peers: [{ name: 'grpc-js unary', ...atMost(0.6) }, { name: 'gRPC stream message', ...atMost(1.35) }, { name: 'Moleculer TCP' }],
  },
  P3: {
    title: 'through an entry server (client, entry, owner), 64 in flight',
    subject: 'heddle through an entry',
    inFlight: 64,
    figure: 'callsPerSecond',
    warmUpMsMin: callWarmUpMs,
    peers: [{ name: 'heddle', ...atLeast(0.65) }, { name: 'bare TCP, relayed' }, { name: 'bare TCP' }],
  },
  P4: {
    title: 'a chain of ten small steps on one server, one run at a time',
    subject: 'heddle chain of ten',
    inFlight: 1,
    figure: 'p50Micros',
    warmUpMsMin: runWarmUpMs,
    peers: [
      { name: 'heddle', ...atMost(2) },
      { name: 'Moleculer, ten in sequence', ...atMost(0.3) },
    ],
  },
  P4c: {
    title: 'the same, submitted by a client to the server that runs all of it',
    subject: 'heddle chain of a client',
    inFlight: 1,
    figure: 'p50Micros',
    warmUpMsMin: runWarmUpMs,
    peers: [
      { name: 'heddle call of a client', ...atMost(2) },
      { name: 'Moleculer, ten in sequence', ...atMost(0.3) },
    ],
  },
  P5: {
    title: 'a chain of ten small steps over three servers in turns, one run at a time (1.15 x (1 + 6 remote steps) calls)',
    subject: 'heddle chain over three',
    inFlight: 1,
    figure: 'p50Micros',
    warmUpMsMin: runWarmUpMs,
    peers: [{ name: 'heddle call of a client', ...atMost(8.05) }],
  },
  P6: {
    title: 'a thousand steps at once on three servers and one that gathers them (runs/s; 1,001 steps a run)',
    subject: 'heddle fan',
    inFlight: 1,
    figure: 'callsPerSecond',
    warmUpMsMin: runWarmUpMs,
    peers: [{ name: 'Moleculer fan by hand', ...atLeast(1.2) }, { name: 'heddle fan of a client' }, { name: 'heddle fan by hand' }],
  },
  P7: {
    title: 'three steps with 50 MB each at three servers, and one that looks at the end of it; one run at a time',
    subject: 'heddle pipeline of 50 MB',
    inFlight: 1,
    figure: 'p50Micros',
    peers: [{ name: 'grpc-js streams of 50 MB', ...atMost(1.3) }],
  },
  D1: {
    title: 'a direct client beside one of the same entry server, one at a time',
    subject: 'heddle direct',
    inFlight: 1,
    figure: 'p50Micros',
    peers: [{ name: 'heddle through an entry' }, { name: 'heddle' }],
  },
  D2: {
    title: 'the same, 64 in flight',
    subject: 'heddle direct',
    inFlight: 64,
    figure: 'callsPerSecond',
    peers: [{ name: 'heddle through an entry' }, { name: 'heddle' }],
  },
  S1: {
    title: 'items of one stream, 150 bytes, read one after the other (items a second)',
    subject: 'heddle stream',
    inFlight: 1,
    figure: 'callsPerSecond',
    peers: [{ name: 'grpc-js server stream' }],
  },
  S2: {
    title: 'the same, 256 KiB (a quarter of the items is MiB a second)',
    subject: 'heddle stream of 256 KiB',
    inFlight: 1,
    figure: 'callsPerSecond',
    peers: [{ name: 'grpc-js server stream of 256 KiB' }],
  },
};
