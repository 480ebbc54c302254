/**
 * Everybody who takes part in the benchmark, by name.
 */

import type { Contestant } from './contestant.ts';
import { stream, unary } from './contestants/grpc.ts';
import { direct, serverToServer, throughEntry } from './contestants/heddle.ts';
import { moleculer } from './contestants/moleculer.ts';
import { nats } from './contestants/nats.ts';
import { bareLargeItems, bareSmallItems, largeItems, smallItems } from './contestants/streams.ts';
import { bareTcp } from './contestants/tcp.ts';

export const contestants = {
  heddle: serverToServer,
  'heddle through an entry': throughEntry,
  'heddle direct': direct,
  'heddle stream': smallItems,
  'heddle stream of 256 KiB': largeItems,
  'grpc-js server stream': bareSmallItems,
  'grpc-js server stream of 256 KiB': bareLargeItems,
  'grpc-js unary': unary,
  'gRPC stream message': stream,
  'bare TCP': bareTcp,
  'Moleculer TCP': moleculer,
  NATS: nats,
} as const satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof contestants;

export function isContestant(name: string): name is ContestantName {
  return Object.hasOwn(contestants, name);
}
