/**
 * Steps of functions whose offers differ in effect, when servers are lost under them: what may have run where that was safe does not
 * run again where it is `once`, alone or together with others.
 */
import { describe, expect } from 'vitest';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { defineFunction } from '../../src/index.ts';
import { failureOf } from '../within.ts';
import { held } from './held.ts';
import { worldTest as test } from './world.ts';

const after = defineFunction({ name: 'after', effect: 'pure', handler: (_ctx, value: unknown) => value });
const later = defineFunction({ name: 'later', effect: 'pure', handler: (_ctx, value: unknown) => value });

/** The first leads: the second goes along everywhere, and the third at one server only. */
const commands = [
  { name: 's0', fun: 'held', args: [] },
  { name: 's1', fun: 'after', args: [{ $ref: 's0' }] },
  { name: 's2', fun: 'later', args: [{ $ref: 's0' }] },
];

describe('a step that may have run where that was safe', () => {
  for (const fuse of [true, false])
    test(`is not run by another version that is \`once\` (${fuse ? 'fused' : 'alone'})`, async ({ world }) => {
      const safe = held('idempotent', '1.0.0');
      const unsafe = held('once', '2.0.0');
      const here = await world.start('here');
      await world.start('old', { fn: safe.fn, after });
      const owner = await world.start('new', { after, later });
      unsafe.release();
      await world.advance(newsMsMax);
      const run = here.submit(commands.map((command) => ({ ...command, fuse })));
      const failed = failureOf(run.result);
      await world.settle(safe.entered);
      await world.settle(owner.offer({ fn: unsafe.fn }));
      await world.until('it is known', async () => (await here.catalog()).some(({ version }) => version === '2.0.0'));
      world.kill('old');
      expect(await world.settle(failed)).toMatchObject({ code: 'step_failed', executed: 'maybe' });
      expect([safe.state.runs, unsafe.state.runs]).toEqual([1, 0]);
    });
});
