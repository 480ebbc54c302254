/**
 * A short sample of the benchmark, so that it cannot rot: contestants of each kind in this process, and one row as the command line
 * measures it. No speed is asserted. What needs the packages of other projects is not here; the types hold the rest.
 */

import { expect, test } from 'vitest';
import { contest } from './contest.ts';
import type { Contestant } from './contestant.ts';
import { type ContestantName, contestants } from './contestants.ts';
import { drive } from './load.ts';
import { known, measurements } from './measurements.ts';

const sampled: readonly ContestantName[] = [
  'heddle call of a client',
  'heddle chain of a client',
  'heddle stream',
  'grpc-js unary',
  'gRPC stream message',
  'grpc-js server stream',
  'bare TCP, relayed',
];

// A machine that stands still for a second lets a dial fail.
test.each(sampled)('%s answers what it is asked', { retry: 3 }, async (name) => {
  const contestant: Contestant = contestants[name];
  const serving = await contestant.serve();
  const stops = [serving.stop];
  let { address } = serving;
  for (const between of contestant.between ?? []) {
    const next = await between(address);
    stops.unshift(next.stop);
    address = next.address;
  }
  const calling = await contestant.open(address);
  const measured = await drive(calling, { inFlight: 1, durationMs: 5 });
  expect(measured.calls).toBeGreaterThan(0);
  for (const stop of [calling.stop, ...stops]) await stop();
});

test('a row is measured in processes of its own, round by round, and shown', async () => {
  const row = { title: 'a sample', subject: 'bare TCP', inFlight: 8, figure: 'callsPerSecond', peers: [] } as const;
  const { data, table } = await contest(row).measure({ rounds: 2, roundMs: 20, onProgress: () => {} });
  expect(data).toEqual({ standings: [expect.objectContaining({ name: 'bare TCP', cpuMicros: expect.any(Number) })], skipped: [] });
  expect(table).toContain('bare TCP: same batching by turn, frame codec and value codec; nothing else');
});

test('every name of the command line has a measurement with a title of its own', () => {
  const titles = known.ids.map((id) => measurements[id]?.title);
  expect(titles.every((title) => title !== undefined && title !== '')).toBe(true);
  expect(new Set(titles).size).toBe(titles.length);
});
