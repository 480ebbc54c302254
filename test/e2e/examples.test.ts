import { describe, expect, test } from 'vitest';
import { builtExamples } from './built-module.ts';
import { Stage } from './processes.ts';

const stage = new Stage();
const built = builtExamples();

/** Runs an example to its end: it must succeed, say nothing on stderr, and leave no process behind. */
async function outputOf(example: string, how: readonly string[] = [`${built}/${example}/main.js`]): Promise<string> {
  const startMs = performance.now();
  const run = stage.run(...how);
  expect({ ...(await run.finished), errors: run.errors }).toEqual({ code: 0, signal: null, errors: [] });
  await run.leavesNothingBehind();
  console.log(`${example} took ${(performance.now() - startMs).toFixed(0)} ms`);
  return run.lines.join('\n');
}

describe('the examples', () => {
  test('quickstart shows servers, steps, a kill, and the same result without the killed server', async () => {
    // As its page says; the others without the compiler that every process would load.
    const output = await outputOf('quickstart', ['--import', 'tsx', 'examples/quickstart/main.ts']);
    const [before = '', after = ''] = output.split('kill -9');
    const servers = [...before.matchAll(/^ {2}(\w+) +127\.0\.0\.1:(\d+) /gm)];
    expect(servers).toHaveLength(4);
    expect(new Set(servers.map(([, , port]) => port)).size).toBe(4);
    const killed = after.match(/^ (\w+)/)?.[1] ?? 'nobody';
    expect(stepsIn(before).get('learn')).toBe(killed);
    expect([...stepsIn(after).keys()]).toEqual(['load', 'learn', 'guess', 'check']);
    expect([...stepsIn(after).values()]).not.toContain(killed);
    const [first, second] = [...output.matchAll(/(\d+) of 114 guesses are right/g)].map(([, right]) => Number(right));
    expect(first).toBeGreaterThan(100);
    expect(second).toBe(first);
  });

  test('sensor-pipeline finds at least 90 % of the planted rows and names the strangest real day', async () => {
    const output = await outputOf('sensor-pipeline');
    const found = Number(output.match(/found ([\d.]+) % of the planted rows/)?.[1]);
    expect(found).toBeGreaterThanOrEqual(90);
    expect(output).toMatch(/The strangest real days:\n {2}2012-10-29 {2}New York/);
    expect(stepsIn(output).size).toBe(7);
    expect(stepsIn(output).get('clean')).toMatch(/^cpu-/);
    expect(stepsIn(output).get('aggregate')).toMatch(/^db-/);
  });

  test('model-serving trains four models at the start of their servers, and routes each pile to those that can read it', async () => {
    const output = await outputOf('model-serving');
    const heldOut = [...output.matchAll(/right on ([\d.]+) % of \d+ held-out samples/g)].map(([, share]) => Number(share));
    expect(heldOut).toHaveLength(4);
    expect(Math.min(...heldOut)).toBeGreaterThanOrEqual(65);
    const steps = stepsIn(output);
    expect(['tiles', 'passages', 'forest', 'neighbours'].map((step) => steps.get(step))).toEqual(['vision', 'nlp', 'features', 'features']);
    const right = [...output.matchAll(/^ {2}\w+ +(\d+) of 40 right$/gm)].map(([, count]) => Number(count));
    expect(right).toHaveLength(4);
    for (const count of right) expect(count).toBeGreaterThanOrEqual(26);
  });

  test('purchase-saga undoes what failing purchases have done, and never sells what is not there', async () => {
    const output = await outputOf('purchase-saga');
    expect(output).toMatch(/charge failed\n {2}take not run\n {2}receipt not run\n {2}book undone at try 2\n {2}reserve undone at try 1\n/);
    const ends = [...output.matchAll(/^ {2}(\d+) x (.+)$/gm)].map(([, count, end]) => [end, Number(count)] as const);
    expect(ends.reduce((sum, [, count]) => sum + count, 0)).toBe(30);
    const bought = new Map(ends).get('bought') ?? 0;
    const books = (name: string): unknown => JSON.parse(output.match(new RegExp(`^ {2}${name} (.+)$`, 'm'))?.[1] ?? 'null');
    expect(bought).toBeGreaterThan(0);
    expect(bought).toBeLessThanOrEqual(12);
    expect(books('stock')).toEqual({ inStock: 12, held: 0, sold: bought });
    expect(books('payment')).toEqual({ charges: bought, cents: 12_900 * bought });
    expect(books('shipping')).toEqual({ parcels: bought });
    expect(new Map(ends).get('charge failed, undone: reserve and book')).toBeGreaterThan(0);
  });

  test('circuit-breaker opens when the process behind a service stands still, and closes when it goes on', async () => {
    const output = await outputOf('circuit-breaker');
    expect(output).toMatch(/breaker of payments opened for [\d.]+ s: deadline_exceeded/);
    const [, late = '', recovered = ''] = output.split(/^The ledger/m);
    expect(late).toMatch(/^ {2}\d+ x price done, charge maybe, ship not_run$/m);
    expect(late).toMatch(/^ {2}\d+ x price done, charge not_run, ship not_run$/m);
    expect(recovered).toMatch(
      /lets one charge through\n {2}breaker of payments closed\n(?:.*\n)*? {2}loom, paid as entry \d+, at try \d+$/,
    );
  });

  test('bulk-flights spreads a thousand steps over four servers, and comes to what one process comes to', async () => {
    const output = await outputOf('bulk-flights');
    const steps = [...output.matchAll(/^ {2}(?:north|east|south|west) +(\d+) steps$/gm)].map(([, count]) => Number(count));
    expect(steps).toHaveLength(4);
    expect(steps.reduce((sum, count) => sum + count, 0)).toBe(1_001);
    expect(output).toMatch(/comes to the same: true$/);
  });

  test('live-sales counts every sale as it happens, and comes to the shares of what was really sold', async () => {
    const output = await outputOf('live-sales');
    const seen = [...output.matchAll(/^ +(\d+) sales +[\d.]+ dollars {2}ahead: (.+)$/gm)].map(([, sales]) => Number(sales));
    expect(seen.slice(0, 3)).toEqual([0, 200, 400]);
    expect(seen.at(-1)).toBe(1_000);
    const shares = [...output.matchAll(/^ {2}.+? +(\d+) +([\d.]+) % +([\d.]+) %$/gm)].map(([, ...numbers]) => numbers.map(Number));
    expect(shares.length).toBeGreaterThan(5);
    expect(shares.reduce((sum, [sales = 0]) => sum + sales, 0)).toBe(1_000);
    for (const [, share = 0, real = 100] of shares) expect(Math.abs(share - real)).toBeLessThan(1.5);
    expect(output).toMatch(/The books say 1000 sales for 14990\.00 dollars; the analytics missed 0 of them$/);
  });

  test('live-words counts as the lines come, and leaves a stream when it has enough', async () => {
    const output = await outputOf('live-words');
    const counted = [...output.matchAll(/^ *(\d+) lines: [a-z]+ \d+, [a-z]+ \d+, [a-z]+ \d+$/gm)].map(([, lines]) => Number(lines));
    expect(counted.length).toBeGreaterThan(2);
    expect(counted.slice(0, 2)).toEqual([50, 100]);
    expect(output).toMatch(/Its first line: # Heddle/);
  });

  test('case 23: auto-port-bootstrap starts ten servers at once on ten ports, and each answers', async () => {
    const output = await outputOf('auto-port-bootstrap');
    const urls = [...output.matchAll(/^server-\d listens on (127\.0\.0\.1:\d+)$/gm)].map(([, url]) => url);
    expect(new Set(urls).size).toBe(10);
    expect(output).toContain('one fabric of 10 servers');
    const pids = [...output.matchAll(/^server-\d answers from process (\d+)$/gm)].map(([, pid]) => pid);
    expect(new Set(pids).size).toBe(10);
  });
});

/** Each step that was done, with the server it ran on. */
function stepsIn(output: string): Map<string, string> {
  return new Map([...output.matchAll(/^ {2}(\S.*?) +done +on (\S+) +\d+ ms$/gm)].map(([, step = '', server = '']) => [step, server]));
}
