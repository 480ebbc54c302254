/**
 * Fault 12 on hosts of their own: packets are lost by chance on real wires, and the kernel's TCP sends them again. The simulator
 * has the same as delay, over thousands of member-hours (npm run sim:rows -- --rows 12a,12b).
 */

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tell } from '../within.ts';
import { builtModule } from './built-module.ts';
import { Namespaces, whyNoLoss } from './namespaces.ts';
import { functionsModule, type ServerProcess, type Spawned, Stage } from './processes.ts';

const forMs = 20_000;
const missing = whyNoLoss();
if (missing !== undefined) console.log(`fault 12 on hosts of their own is skipped: ${missing}`);

describe.skipIf(missing !== undefined)('five servers on hosts of their own', () => {
  const stage = new Stage();
  const names = ['a', 'b', 'c', 'd', 'e'];
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
  const burials = () =>
    [...servers].flatMap(([by, { process }]) => process.errors.filter((line) => / died$/.test(line)).map((line) => `${by}: ${line}`));
  /** The last thing that the witness has seen one think of another. */
  const opinion = (by: string, about: string) =>
    witness.lines.findLast((line) => line.includes(` ${by} holds ${about} for `))?.split(' for ')[1];
  const isWhole = () => names.every((by) => names.every((about) => opinion(by, about) === 'alive'));
  const counted = (pattern: RegExp) => witness.lines.filter((line) => pattern.test(line)).length;

  beforeAll(async () => {
    hosts = new Namespaces('loss', names);
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

  test.each([0.05, 0.25])('fault 12: with a share of %d of all packets lost nobody is dead, and all is well soon after', async (share) => {
    const before = { doubts: counted(/for (suspect|unreachable)/), failed: counted(/ c failed to call/), called: counted(/ c has called/) };
    for (const name of names) hosts.lose(name, share);
    await pause(forMs);
    for (const name of names) hosts.lose(name, 0);
    const after = { doubts: counted(/for (suspect|unreachable)/), failed: counted(/ c failed to call/), called: counted(/ c has called/) };
    console.log(
      `${100 * share} % for ${forMs} ms: ${after.doubts - before.doubts} doubts of ${names.length} servers about one another; of calls ` +
        `about ${50 * (after.called - before.called)} done, ${after.failed - before.failed} failed`,
    );
    expect(burials()).toEqual([]);
    const startMs = performance.now();
    while (!isWhole() && performance.now() - startMs < 75_000) await pause(50);
    tell('all were alive for all', startMs, 15_000);
    expect(isWhole()).toBe(true);
  });
});
