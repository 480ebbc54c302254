import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expected, type History, histories, play } from './fusion-histories.ts';

async function problemsOf(history: History): Promise<readonly string[]> {
  const fused = await play(history, 'fused');
  const apart = await play(history, 'apart');
  return [...fused.problems.map((text) => `together: ${text}`), ...apart.problems.map((text) => `apart: ${text}`)];
}

describe('steps that go together, over random workflows', () => {
  it('give what they give one by one, and what a sequential evaluation gives', async () => {
    const property = fc.asyncProperty(histories('calm'), async (history) => {
      const [fused, apart] = [await play(history, 'fused'), await play(history, 'apart')];
      expect([...fused.problems, ...apart.problems]).toEqual([]);
      expect(fused.result).toEqual(expected(history));
      expect(apart.result).toEqual(fused.result);
      expect(fused.outcomes).toEqual(apart.outcomes);
    });
    await fc.assert(property, { numRuns: 25, seed: 1 });
  });

  it('tell the truth about every step when steps fail, links break, servers die and runs are cancelled', async () => {
    const property = fc.asyncProperty(histories('stormy'), async (history) => {
      expect(await problemsOf(history)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 60, seed: 2 });
  });
});
