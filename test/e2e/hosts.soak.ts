/**
 * Fault 12 on hosts of their own: packets are lost by chance on real wires, and the kernel's TCP sends them again. The simulator
 * has the same as delay, over thousands of member-hours (npm run sim:rows -- --rows 12a,12b).
 */

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tell } from '../within.ts';
import { whyNoLoss } from './namespaces.ts';
import { WitnessedHosts } from './witnessed-hosts.ts';

const forMs = 20_000;
const missing = whyNoLoss();
if (missing !== undefined) console.log(`fault 12 on hosts of their own is skipped: ${missing}`);

describe.skipIf(missing !== undefined)('five servers on hosts of their own', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  let hosts: WitnessedHosts;
  const isWhole = () => names.every((by) => names.every((about) => hosts.opinion(by, about) === 'alive'));
  const counted = (pattern: RegExp) => hosts.witness.lines.filter((line) => pattern.test(line)).length;

  beforeAll(async () => {
    hosts = new WitnessedHosts('loss', names);
    await hosts.start();
  });
  afterAll(() => hosts?.stop());

  test.each([0.05, 0.25])('fault 12: with a share of %d of all packets lost nobody is dead, and all is well soon after', async (share) => {
    const before = { doubts: counted(/for (suspect|unreachable)/), failed: counted(/ c failed to call/), called: counted(/ c has called/) };
    for (const name of names) hosts.namespaces.lose(name, share);
    await pause(forMs);
    for (const name of names) hosts.namespaces.lose(name, 0);
    const after = { doubts: counted(/for (suspect|unreachable)/), failed: counted(/ c failed to call/), called: counted(/ c has called/) };
    console.log(
      `${100 * share} % for ${forMs} ms: ${after.doubts - before.doubts} doubts of ${names.length} servers about one another; of calls ` +
        `about ${50 * (after.called - before.called)} done, ${after.failed - before.failed} failed`,
    );
    expect(hosts.burials()).toEqual([]);
    const startMs = performance.now();
    while (!isWhole() && performance.now() - startMs < 75_000) await pause(50);
    tell('all were alive for all', startMs, 15_000);
    expect(isWhole()).toBe(true);
  });
});
