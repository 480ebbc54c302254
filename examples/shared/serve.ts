/**
 * One server process of an example; fleet.ts starts it and tells it what to be. It says where it listens, says when it
 * knows the whole fleet, and leaves as soon as its parent lets go of it or dies.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { type Functions, startServer } from 'heddle';
import type { Answer, Order } from './fleet.ts';

const answer = (message: Answer): void => void process.send?.(message);

process.once('message', async ({ module, fleetSize, ...options }: Order) => {
  const { functions } = (await import(module)) as { functions: Functions }; // what every functions.ts exports
  const onListening = ({ url }: { url: string }) => answer({ kind: 'listening', url });
  const server = await startServer({ ...options, functions, port: 'auto', onListening });
  process.once('disconnect', () => void server.stop().then(() => process.exit()));

  const knownServers = async () => new Set((await server.catalog()).map((offer) => offer.server)).size;
  while ((await knownServers()) < fleetSize) await pause(20);
  answer({ kind: 'ready', url: server.url });
});
