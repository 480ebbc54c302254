/** Fault 28 over real links; on virtual time it is test/fabric/retry-storm.test.ts. Figures are printed. */
import { expect } from 'vitest';
import { sickFunction } from '../sick.ts';
import { within } from '../within.ts';
import { test } from './story.ts';

const calls = 400;
const callers = 16;

test('fault 28: a provider that fails every call is asked at most 1.1 times as often, and serves again once it is well', async ({
  fabric,
}) => {
  const { state, sick } = sickFunction();
  const entry = await fabric.start('entry', []);
  await fabric.start('one', [], { sick });
  await fabric.start('two', [], { sick });
  const client = await fabric.connect(entry);
  let left = calls;
  const codes = new Map<string, number>();
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const code = await client.call(sick, []).catch((error: { readonly code: string }) => error.code);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  console.log(`fault 28: ${calls} calls made ${state.runs} attempts (x ${(state.runs / calls).toFixed(3)}, bound 1.1)`);
  expect(Object.fromEntries(codes)).toEqual({ function_failed: calls });
  expect(state.runs).toBeGreaterThan(calls);
  expect(state.runs / calls).toBeLessThanOrEqual(1.1);
  state.isBroken = false;
  expect(await within('a call is served again', 10_000, () => client.call(sick, []))).toBe('well');
});
