import { describe, expect, it } from 'vitest';
import type { Way } from '../../../src/core/catalog/server-state.ts';
import { noteWay } from '../../../src/core/routing/way.ts';

function unknownWay(): Way {
  return { shortestMs: 0, sinceMs: 0, nextMs: Number.POSITIVE_INFINITY };
}

describe('the way to a server', () => {
  it('is not made longer by calls that waited for one another (W1)', () => {
    const way = unknownWay();
    noteWay(way, 0.2, 0);
    for (let call = 1; call <= 1_000; call += 1) noteWay(way, call / 20, 30);
    expect(way.shortestMs).toBe(0.05);
  });

  it('is shorter at once, and longer after ten seconds without a shorter call (W2)', () => {
    const way = unknownWay();
    noteWay(way, 5, 0);
    noteWay(way, 3, 1_000);
    expect(way.shortestMs).toBe(3);
    noteWay(way, 42, 10_000);
    noteWay(way, 40, 11_000);
    expect(way.shortestMs).toBe(3);
    noteWay(way, 41, 11_001);
    expect(way.shortestMs).toBe(40);
  });

  it('takes a clock that was read in between for no way back in time', () => {
    const way = unknownWay();
    noteWay(way, -0.3, 0);
    expect(way.shortestMs).toBe(0);
  });
});
