/**
 * Servers on hosts of their own, as far as network namespaces make hosts: what is lost is lost as on a wire.
 */

import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tell } from '../within.ts';
import { whyNoNamespaces } from './namespaces.ts';
import { WitnessedHosts } from './witnessed-hosts.ts';

const missing = whyNoNamespaces();
if (missing !== undefined) console.log(`faults 4 and 10 on hosts of their own are skipped: ${missing}`);

describe.skipIf(missing !== undefined)('servers on four hosts', () => {
  let hosts: WitnessedHosts;
  const failures = (from: string, to: string) => hosts.witness.lines.filter((line) => line.includes(`${from} failed to call ${to}:`));

  beforeAll(async () => {
    hosts = new WitnessedHosts('e2e', ['a', 'b', 'c', 'd']);
    await hosts.start();
  });
  afterAll(() => hosts?.stop());

  test('fault 10: with every packet between two of them lost, a third one calls both, and nobody is dead anywhere', async () => {
    hosts.namespaces.cut('a', 'b');
    const startMs = performance.now();
    await Promise.all([
      hosts.witness.line(/ a holds b for (suspect|unreachable)/),
      hosts.witness.line(/ b holds a for (suspect|unreachable)/),
    ]);
    tell('both were in doubt about each other', startMs, 2_200);
    // What must not happen would have happened by now: the calls say when 4 s are over.
    const calls = hosts.witness.lines.filter((line) => / c has called b /.test(line)).length;
    await hosts.witness.line(new RegExp(` c has called b ${(calls + 3) * 50} times`));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 4_500 - (performance.now() - startMs))));
    expect(hosts.burials()).toEqual([]);
    expect([hosts.opinion('c', 'a'), hosts.opinion('c', 'b'), hosts.opinion('d', 'a'), hosts.opinion('d', 'b')]).toEqual([
      'alive',
      'alive',
      'alive',
      'alive',
    ]);
    expect([...failures('c', 'a'), ...failures('c', 'b')]).toEqual([]);
    hosts.namespaces.heal('a', 'b');
  });

  test('fault 4: one that loses power is avoided within 2.2 s and dead within 6 s', async () => {
    const startMs = performance.now();
    hosts.namespaces.powerOff('d');
    await Promise.all(['a', 'b', 'c'].map((by) => hosts.witness.line(new RegExp(` ${by} holds d for (suspect|unreachable|gone)`))));
    tell('a host without power was avoided by all', startMs, 2_200);
    await Promise.all(['a', 'b', 'c'].map((by) => hosts.witness.line(new RegExp(` ${by} holds d for gone`))));
    tell('and dead for all', startMs, 6_000);
    expect([...failures('c', 'a'), ...failures('c', 'b')]).toEqual([]);
    expect(new Set(hosts.burials().map((line) => line.slice(3)))).toEqual(new Set(['d died']));
  });
});
