/**
 * 1 GiB between two processes: what it costs of memory at either end, as one value (Node's own floor is taken off) and as a stream.
 */

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { connect } from '../../src/index.ts';
import { digestOf } from '../mebibytes.ts';
import { within } from '../within.ts';
import { Stage } from './processes.ts';

const functions = fileURLToPath(new URL('hand-off-functions.ts', import.meta.url));
const MiB = 1024 * 1024;
const size = 1024 * MiB;
const stage = new Stage();

/** A coordinator and two more servers; `peaks` tells the most memory that each has had: camera, lab, desk. */
async function trio() {
  const desk = await stage.serve('desk', functions);
  for (const name of ['camera', 'lab']) await stage.serve(name, functions, '--resource', 'camera', '--join', desk.url);
  const client = await connect(desk.url);
  await within('all know one another', 4_000, async () => {
    const offers = await client.catalog();
    return offers.filter((offer) => offer.function === 'measure').length === 3;
  });
  const peaks = () => Promise.all(['camera', 'lab', 'desk'].map((target) => client.call('peak', [], { target }).then(Number)));
  return { client, peaks };
}

test('a value of 1 GiB costs its server, and the one that needs it, at most itself and 64 MiB', async () => {
  const { client, peaks } = await trio();
  const warm = (bytes: number) =>
    client.submit([
      { name: 'made', fun: 'make', args: [bytes], target: 'camera' },
      { name: 'measured', fun: 'measure', args: [{ $ref: 'made' }], target: 'lab' },
    ]).result;
  await warm(MiB);
  const before = await peaks();
  expect(await warm(size)).toEqual({ measured: { length: size, first: 7, last: 7 } });
  const grown = (await peaks()).map((peak, at) => Math.round((peak - (before[at] ?? 0)) / MiB));
  process.stderr.write(`1 GiB: producer ${grown[0]} MiB, consumer ${grown[1]} MiB, coordinator ${grown[2]} MiB\n`);
  for (const growth of grown.slice(0, 2)) expect(growth).toBeLessThanOrEqual((size + 64 * MiB) / MiB);
  expect(grown[2]).toBeLessThanOrEqual(64);
  await client.close();
}, 240_000);

test('a stream of 1 GiB keeps every server under 256 MiB', async () => {
  const { client, peaks } = await trio();
  const run = client.submit([
    { name: 'dumped', fun: 'dump', args: [1024], target: 'camera' },
    { name: 'digested', fun: 'digest', args: [{ $ref: 'dumped' }], target: 'lab' },
  ]);
  expect(await run.result).toEqual({ digested: digestOf(1024) });
  const most = (await peaks()).map((peak) => Math.round(peak / MiB));
  process.stderr.write(`a stream of 1 GiB: producer ${most[0]} MiB, consumer ${most[1]} MiB, coordinator ${most[2]} MiB\n`);
  for (const peak of most) expect(peak).toBeLessThan(256);
  await client.close();
}, 240_000);

test('what thousands of elements give stays where it was made: the coordinator has nothing of 300 MB', async () => {
  const { client, peaks } = await trio();
  const count = 5_000;
  const mapped = (bytes: number) =>
    client.submit([
      { name: 'made', fun: 'make', each: { $literal: Array(count).fill(bytes) }, args: [{ $item: true }], target: 'camera' },
      { name: 'measured', fun: 'measure', each: { $ref: 'made' }, args: [{ $item: true }], target: 'lab' },
    ]).result;
  // What so many calls and their events cost.
  for (let round = 0; round < 2; round += 1) await mapped(100);
  const before = await peaks();
  const { measured } = await mapped(60_000);
  expect(measured).toEqual(Array(count).fill({ length: 60_000, first: 7, last: 7 }));
  const grown = (await peaks()).map((peak, at) => Math.round((peak - (before[at] ?? 0)) / MiB));
  process.stderr.write(`${count} elements of 60 kB: producer ${grown[0]} MiB, consumer ${grown[1]} MiB, coordinator ${grown[2]} MiB\n`);
  expect(grown[2]).toBeLessThan(64);
  await client.close();
}, 240_000);
