import { describe, expect, test } from 'vitest';
import { functionsOf } from '../../src/cli/modules.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { defineFunction, type Server, startServer } from '../../src/index.ts';
import { within } from '../within.ts';

/** A terminal of which nobody reads more than so many lines. */
async function run(args: readonly string[], linesMax = Number.POSITIVE_INFINITY) {
  const [outs, notes]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    out: (text) => outs.push(text),
    taken: () => Promise.resolve(outs.length < linesMax),
    note: (text) => notes.push(text),
    isInteractive: false,
    environment: {},
  };
  const code = await runProgram(args, terminal, '9.9.9');
  return { code, outs, notes: notes.join('\n') };
}

async function serving(use: (server: Server, left: () => number) => Promise<void>): Promise<void> {
  let left = 0;
  async function* rows(most: number, thrown?: string) {
    try {
      for (let row = 1; row <= most; row += 1) yield { row, at: new Date(0) };
      if (thrown !== undefined) throw new RangeError(thrown);
    } finally {
      left += 1;
    }
  }
  const server = await startServer({ name: 'ada', cluster: 'cli-stream', functions: { rows } });
  try {
    await use(server, () => left);
  } finally {
    await server.stop();
  }
}

test('a module offers its streams too', () => {
  async function* plain() {
    yield 1;
  }
  const defined = defineFunction({ name: 'rows.scan', handler: plain });
  expect([...functionsOf({ plain, defined }).keys()]).toEqual(['plain', 'rows.scan']);
});

describe('heddle call on a stream', () => {
  test('prints one line of JSON an item', async () => {
    await serving(async ({ url }) => {
      const item = (row: number): string => JSON.stringify({ row, at: { $date: '1970-01-01T00:00:00.000Z' } });
      expect(await run(['call', 'rows', '2', '--url', url])).toMatchObject({ code: 0, outs: [item(1), item(2)] });
    });
  });

  test('prints what came, then the error with the last item, and exits 1', async () => {
    await serving(async ({ url }) => {
      const { code, outs, notes } = await run(['call', 'rows', '2', '"no more"', '--url', url]);
      expect([code, outs.length]).toEqual([1, 2]);
      expect(notes).toContain('RangeError: no more (the last item was number 2)');
    });
  });

  test('ends the stream when nobody reads any more', async () => {
    await serving(async ({ url }, left) => {
      expect(await run(['call', 'rows', '1000000', '--url', url], 3)).toMatchObject({ code: 0, outs: { length: 3 } });
      await within('the generator returns', 10_000, () => left() === 1);
    });
  });

  test('has no --timing', async () => {
    await serving(async ({ url }) => {
      expect(await run(['call', 'rows', '1', '--timing', '--url', url])).toMatchObject({
        code: 2,
        outs: [],
        notes: expect.stringContaining('--timing goes with calls'),
      });
    });
  });
});
