/**
 * Servers on hosts of their own, as far as network namespaces make hosts: what is lost is lost as on a wire.
 */

import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tell } from '../within.ts';
import { builtModule } from './built-module.ts';
import { Namespaces, whyNoNamespaces } from './namespaces.ts';
import { functionsModule, type ServerProcess, type Spawned, Stage } from './processes.ts';

const missing = whyNoNamespaces();
if (missing !== undefined) console.log(`faults 4 and 10 on hosts of their own are skipped: ${missing}`);

describe.skipIf(missing !== undefined)('servers on four hosts', () => {
  const stage = new Stage();
  const names = ['a', 'b', 'c', 'd'];
  const servers = new Map<string, ServerProcess>();
  let hosts: Namespaces;
  let witness: Spawned;

  const serve = async (name: string, ...join: readonly string[]) => {
    const settings = await stage.file(`${name}.toml`, `[server]\nhost = "${hosts.addressOf(name)}"\ninsecure = true\n`);
    const args = ['--settings', settings, functionsModule, ...(join.length === 0 ? [] : ['--join', ...join])];
    const server = await stage.serveAfter(hosts.on(name), name, ...args);
    servers.set(name, server);
    return server;
  };
  /** The last thing that the witness has seen one think of another. */
  const opinion = (by: string, about: string) =>
    witness.lines.findLast((line) => line.includes(` ${by} holds ${about} for `))?.split(' for ')[1];
  const failures = (from: string, to: string) => witness.lines.filter((line) => line.includes(`${from} failed to call ${to}:`));
  const burials = () =>
    [...servers].flatMap(([by, { process }]) => process.errors.filter((line) => / died$/.test(line)).map((line) => `${by}: ${line}`));

  beforeAll(async () => {
    hosts = new Namespaces('e2e', names);
    const { url } = await serve('a');
    await Promise.all(names.slice(1).map((name) => serve(name, url)));
    const places = names.map((name) => `${name}=${servers.get(name)?.url}`);
    witness = stage.runAfter(hosts.on('hub'), builtModule('witness.ts'), ...places, 'c>a', 'c>b');
    await Promise.all(names.flatMap((by) => names.map((about) => witness.line(new RegExp(` ${by} holds ${about} for alive`)))));
  });
  afterAll(async () => {
    await Promise.all([witness, ...[...servers.values()].map(({ process }) => process)].map((process) => process?.kill('SIGKILL')));
    hosts?.close();
  });

  test('fault 10: with every packet between two of them lost, a third one calls both, and nobody is dead anywhere', async () => {
    hosts.cut('a', 'b');
    const startMs = performance.now();
    await Promise.all([witness.line(/ a holds b for (suspect|unreachable)/), witness.line(/ b holds a for (suspect|unreachable)/)]);
    tell('both were in doubt about each other', startMs, 2_200);
    // What must not happen would have happened by now: the calls say when 4 s are over.
    const calls = witness.lines.filter((line) => / c has called b /.test(line)).length;
    await witness.line(new RegExp(` c has called b ${(calls + 3) * 50} times`));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 4_500 - (performance.now() - startMs))));
    expect(burials()).toEqual([]);
    expect([opinion('c', 'a'), opinion('c', 'b'), opinion('d', 'a'), opinion('d', 'b')]).toEqual(['alive', 'alive', 'alive', 'alive']);
    expect([...failures('c', 'a'), ...failures('c', 'b')]).toEqual([]);
    hosts.heal('a', 'b');
  });

  test('fault 4: one that loses power is avoided within 2.2 s and dead within 6 s', async () => {
    const startMs = performance.now();
    hosts.powerOff('d');
    await Promise.all(['a', 'b', 'c'].map((by) => witness.line(new RegExp(` ${by} holds d for (suspect|unreachable|gone)`))));
    tell('a host without power was avoided by all', startMs, 2_200);
    await Promise.all(['a', 'b', 'c'].map((by) => witness.line(new RegExp(` ${by} holds d for gone`))));
    tell('and dead for all', startMs, 6_000);
    expect([...failures('c', 'a'), ...failures('c', 'b')]).toEqual([]);
    expect(new Set(burials().map((line) => line.slice(3)))).toEqual(new Set(['d died']));
  });
});
