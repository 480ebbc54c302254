/**
 * Runs whose events and results are large: order, replay and limits hold for what travels beside its frame, too.
 */

import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/index.ts';
import { failureOf } from '../within.ts';
import { test } from './story.ts';

const text = (length: number): string => 'y'.repeat(length);

describe('large parts of a run', () => {
  test('case 22: a large progress value keeps its place among the events', async ({ fabric }) => {
    const talk = defineFunction({
      name: 'talk',
      handler: (ctx) => {
        ctx.progress(text(300_000));
        return 'done';
      },
    });
    const entry = await fabric.start('entry', []);
    await fabric.start('other', [], { talk });
    const client = await fabric.connect(entry);
    const run = client.submit([{ name: 'a', fun: 'talk' }]);
    const kinds: string[] = [];
    for await (const event of run.events) {
      kinds.push(event.kind);
      expect(event.seq).toBe(kinds.length);
    }
    expect(kinds).toEqual(['run.accepted', 'step.started', 'step.progress', 'step.settled', 'run.settled']);
  });

  test('a workflow of 10,000 steps is accepted, and says so first', async ({ fabric }) => {
    const entry = await fabric.start('entry', [], { same: (x: unknown) => x });
    const client = await fabric.connect(entry);
    const commands = Array.from({ length: 10_000 }, (_, at) => ({ name: `a-step-with-quite-a-long-name-${at}`, fun: 'same', args: [at] }));
    const run = client.submit(commands);
    await run.accepted;
    for await (const event of run.events) {
      expect(event.kind).toBe('run.accepted');
      break;
    }
    expect(Object.keys(await run.result)).toHaveLength(10_000);
  });

  test('a result of over 64 MiB in small values is refused as such, and the server goes on', async ({ fabric }) => {
    const entry = await fabric.start('entry', []);
    await fabric.start('other', [], { make: text });
    const client = await fabric.connect(entry);
    const commands = Array.from({ length: 1_200 }, (_, at) => ({ name: `m${at}`, fun: 'make', args: [60_000] }));
    expect(await failureOf(client.submit(commands).result)).toMatchObject({ code: 'bad_result', executed: 'yes' });
    expect(await client.call('make', [3])).toBe('yyy');
  });

  test('and one of 1,100 large values comes: they are collected one by one', async ({ fabric }) => {
    const entry = await fabric.start('entry', [], { make: text });
    const client = await fabric.connect(entry);
    const commands = Array.from({ length: 1_100 }, (_, at) => ({ name: `m${at}`, fun: 'make', args: [66_000] }));
    const result = await client.submit(commands).result;
    expect(Object.values(result).filter((value) => value === text(66_000))).toHaveLength(1_100);
  });

  test('a step whose inputs are over 64 MiB in all fails before it is sent', async ({ fabric }) => {
    const entry = await fabric.start('entry', []);
    await fabric.start('other', [], { make: text, count: (list: string[]) => list.length });
    const client = await fabric.connect(entry);
    const makes = Array.from({ length: 1_200 }, (_, at) => ({ name: `m${at}`, fun: 'make', args: [60_000] }));
    const sum = { name: 'sum', fun: 'count', args: [makes.map(({ name }) => ({ $ref: name }))] };
    const failure = await failureOf(client.submit([...makes, sum], { returns: ['sum'] }).result);
    // The partial results would make the error itself too large: it comes without them.
    expect(failure).toMatchObject({
      code: 'step_failed',
      detail: { step: 'sum', partial: {} },
      cause: { code: 'too_large', executed: 'no' },
    });
    expect(await client.call('make', [3])).toBe('yyy');
  });
});
