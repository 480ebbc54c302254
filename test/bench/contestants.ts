/**
 * Everybody who takes part in the benchmark, by name.
 */

import type { Contestant } from './contestant.ts';
import { callOfClient, chainInTurns, chainOfClient, chainServerToServer } from './contestants/chains.ts';
import { fanByHand, fanOfClient, fanOfServer } from './contestants/fans.ts';
import { stream, unary } from './contestants/grpc.ts';
import { bareHandOff, handOff } from './contestants/hand-off.ts';
import { atServers, direct, serverToServer, throughEntry } from './contestants/heddle.ts';
import { moleculer, moleculerFan, moleculerInSequence } from './contestants/moleculer.ts';
import { nats } from './contestants/nats.ts';
import { withMetrics, withoutEmits } from './contestants/observed.ts';
import { bareLargeItems, bareSmallItems, largeItems, smallItems } from './contestants/streams.ts';
import { bareRelay, bareTcp } from './contestants/tcp.ts';

export const contestants = {
  heddle: serverToServer,
  'heddle at 3 servers': atServers(3),
  'heddle at 10 servers': atServers(10),
  'heddle at 30 servers': atServers(30),
  'heddle through an entry': throughEntry,
  'heddle direct': direct,
  'heddle with metrics': withMetrics,
  'heddle without emits': withoutEmits,
  'heddle chain of ten': chainServerToServer,
  'heddle chain of a client': chainOfClient,
  'heddle call of a client': callOfClient,
  'heddle chain over three': chainInTurns,
  'heddle fan': fanOfServer,
  'heddle fan of a client': fanOfClient,
  'heddle fan by hand': fanByHand,
  'heddle pipeline of 50 MB': handOff,
  'grpc-js streams of 50 MB': bareHandOff,
  'heddle stream': smallItems,
  'heddle stream of 256 KiB': largeItems,
  'grpc-js server stream': bareSmallItems,
  'grpc-js server stream of 256 KiB': bareLargeItems,
  'grpc-js unary': unary,
  'gRPC stream message': stream,
  'bare TCP': bareTcp,
  'bare TCP, relayed': bareRelay,
  'Moleculer TCP': moleculer,
  'Moleculer, ten in sequence': moleculerInSequence,
  'Moleculer fan by hand': moleculerFan,
  NATS: nats,
} as const satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof contestants;

export function isContestant(name: string): name is ContestantName {
  return Object.hasOwn(contestants, name);
}
