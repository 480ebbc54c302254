/**
 * The order in which commands can run, or the cycle that forbids one.
 *
 * O1 iterative and linear in commands and edges: a chain of 10,000 in any listing order, 100,000 edges.
 * O2 of a cyclic workflow the whole cycle is found, not one member of it.
 * O3 commands that are listed in such an order stay in it: nothing is sorted.
 * toposort recurses along unlisted successors (8,000 commands listed backwards overflow its stack) and names one
 * element of a cycle only. So a level pass (Kahn 1962) lists the commands first: in level order every visit finds its
 * successors done.
 */

import toposort from 'toposort';

/** For each command, the positions of those that it needs. */
export type Dependencies = readonly (readonly number[])[];

export type Ordering =
  | { readonly kind: 'ordered'; readonly order: readonly number[] }
  /** Each needs the next, the last needs the first. */
  | { readonly kind: 'cycle'; readonly cycle: readonly number[] };

/** Positions in an order in which every command comes after all that it needs: as they are listed, if that is one. */
export function orderCommands(dependencies: Dependencies): Ordering {
  if (isOrdered(dependencies)) return { kind: 'ordered', order: [...dependencies.keys()] };
  const levels = levelOrder(dependencies);
  if (levels.length < dependencies.length) return { kind: 'cycle', cycle: findCycle(dependencies, levels) };
  const edges = levels.flatMap((at) => (dependencies[at] ?? []).map((before): [number, number] => [before, at]));
  return { kind: 'ordered', order: toposort.array([...levels], edges) };
}

/** So are nearly all: what a builder makes can refer only to what is there. */
function isOrdered(dependencies: Dependencies): boolean {
  return dependencies.every((needs, at) => needs.every((need) => need < at));
}

/** Everything that can run, level by level; shorter than the list exactly when there is a cycle. */
export function levelOrder(dependencies: Dependencies): readonly number[] {
  const missing = dependencies.map((needs) => needs.length);
  const dependents = dependentsOf(dependencies);
  const order = [...missing.keys()].filter((at) => missing[at] === 0);
  for (let next = 0; next < order.length; next += 1) {
    for (const dependent of dependents[order[next] ?? 0] ?? []) {
      const left = (missing[dependent] ?? 0) - 1;
      missing[dependent] = left;
      if (left === 0) order.push(dependent);
    }
  }
  return order;
}

/** For each command, the positions of those that need it. */
export function dependentsOf(dependencies: Dependencies): readonly (readonly number[])[] {
  const dependents: number[][] = dependencies.map(() => []);
  for (const [at, needs] of dependencies.entries()) {
    for (const need of needs) dependents[need]?.push(at);
  }
  return dependents;
}

/** Whatever cannot run needs something that cannot run either: following that must come round. */
function findCycle(dependencies: Dependencies, runnable: readonly number[]): readonly number[] {
  const isRunnable = new Set(runnable);
  const stuck = (at: number): boolean => !isRunnable.has(at);
  const seenAt = new Map<number, number>();
  const trail: number[] = [];
  let at = [...dependencies.keys()].find(stuck);
  while (at !== undefined && !seenAt.has(at)) {
    seenAt.set(at, trail.length);
    trail.push(at);
    at = dependencies[at]?.find(stuck);
  }
  return trail.slice(at === undefined ? 0 : seenAt.get(at));
}
