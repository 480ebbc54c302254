import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expected, histories, play } from './fusion-histories.ts';

describe('runs that may be handed to another coordinator, over random workflows', () => {
  it('give what they give where they were asked for', async () => {
    let handed = 0;
    const property = fc.asyncProperty(histories('calm'), async (history) => {
      const [placed, unplaced] = [await play(history, 'placed'), await play(history, 'fused')];
      expect([...placed.problems, ...unplaced.problems]).toEqual([]);
      expect(placed.result).toEqual(expected(history));
      expect(placed.outcomes).toEqual(unplaced.outcomes);
      expect(unplaced.coordinator).toBe('c');
      if (placed.coordinator !== 'c') handed += 1;
    });
    await fc.assert(property, { numRuns: 12, seed: 3 });
    expect(handed).toBeGreaterThan(1);
  });

  it('tell the truth about every step when steps fail, links break, coordinators die and runs are cancelled', async () => {
    let handed = 0;
    const property = fc.asyncProperty(histories('stormy'), async (history) => {
      const { problems, coordinator } = await play(history, 'placed');
      expect(problems).toEqual([]);
      if (coordinator !== 'c') handed += 1;
    });
    await fc.assert(property, { numRuns: 30, seed: 8 });
    expect(handed).toBeGreaterThan(6);
  });
});
