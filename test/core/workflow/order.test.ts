import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { Dependencies } from '../../../src/core/workflow/order.ts';
import { levelOrder, orderCommands } from '../../../src/core/workflow/order.ts';

function isOrder(dependencies: Dependencies, order: readonly number[]): boolean {
  const place = new Map(order.map((at, index) => [at, index]));
  const isWhole = place.size === dependencies.length && order.length === dependencies.length;
  return isWhole && dependencies.every((needs, at) => needs.every((need) => (place.get(need) ?? 0) < (place.get(at) ?? 0)));
}

/** A DAG whose commands are listed in a random order. */
const dags = fc.integer({ min: 0, max: 40 }).chain((size) => {
  const shuffled = fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size });
  const edges = fc.array(fc.tuple(fc.nat(Math.max(0, size - 1)), fc.nat(Math.max(0, size - 1))), { maxLength: size === 0 ? 0 : 120 });
  return fc.tuple(shuffled, edges).map(([listing, pairs]) => {
    const needs = Array.from({ length: size }, () => new Set<number>());
    for (const [a, b] of pairs) if (a < b) needs[listing[b] ?? 0]?.add(listing[a] ?? 0);
    return needs.map((set) => [...set]);
  });
});

/** `length` commands in a chain, listed by `listing`. */
function chain(listing: readonly number[]): Dependencies {
  const needs: number[][] = listing.map(() => []);
  for (let step = 1; step < listing.length; step += 1) needs[listing[step] ?? 0] = [listing[step - 1] ?? 0];
  return needs;
}

function orderOf(dependencies: Dependencies): readonly number[] {
  const ordering = orderCommands(dependencies);
  return ordering.kind === 'ordered' ? ordering.order : [];
}

describe('the order of commands', () => {
  it('agrees with the level pass on every DAG: both put each command after its needs', () => {
    fc.assert(fc.property(dags, (dag) => isOrder(dag, levelOrder(dag)) && isOrder(dag, orderOf(dag))));
  });

  it('O3: is the listing itself where that is one: what fans out stays as it was written', () => {
    expect(orderOf([[], [0], [], [0, 2], [1]])).toEqual([0, 1, 2, 3, 4]);
    expect(orderOf([[1], [], []])).not.toEqual([0, 1, 2]);
  });

  it('finds a cycle exactly when there is one, and shows the whole of it', () => {
    fc.assert(
      fc.property(dags, fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }), (dag, picks) => {
        const ring = [...new Set(picks.map((pick) => pick % Math.max(1, dag.length)))];
        fc.pre(dag.length > 0);
        const needs = dag.map((list, at) => (ring.includes(at) ? [...list, ring[(ring.indexOf(at) + 1) % ring.length] ?? 0] : list));
        const ordering = orderCommands(needs);
        if (ordering.kind !== 'cycle') return false;
        const { cycle } = ordering;
        return cycle.length > 0 && cycle.every((at, index) => needs[at]?.includes(cycle[(index + 1) % cycle.length] ?? -1));
      }),
    );
  });

  it('O1: a chain of 10,000 is ordered however it is listed', () => {
    const forward = [...Array(10_000).keys()];
    const random = seededRandom('shuffle');
    const shuffled = forward
      .map((at) => ({ at, draw: random.next() }))
      .sort((a, b) => a.draw - b.draw)
      .map(({ at }) => at);
    for (const listing of [forward, [...forward].reverse(), shuffled]) {
      const dependencies = chain(listing);
      expect(isOrder(dependencies, orderOf(dependencies))).toBe(true);
    }
  });

  it('O1: a fan-out of 10,000 and 100,000 dense edges are ordered', () => {
    const fan: Dependencies = [...Array(10_000).keys()].map((at) => (at === 0 ? [] : [0]));
    const dense: Dependencies = [...Array(450).keys()].map((at) => [...Array(at).keys()]);
    expect(isOrder(fan, orderOf(fan))).toBe(true);
    expect(dense.flat().length).toBeGreaterThan(100_000);
    expect(isOrder(dense, orderOf(dense))).toBe(true);
  });

  it('O2: a cycle of 10,000 is shown whole', () => {
    const needs = chain([...Array(10_000).keys()]).map((list, at) => (at === 0 ? [9_999] : list));
    const ordering = orderCommands(needs);
    expect(ordering.kind === 'cycle' && ordering.cycle.length).toBe(10_000);
  });
});
