/**
 * Workflows of many commands for the rows that show growth: each shape in any size.
 */

import type { Random } from '../../src/base/random.ts';
import type { Command } from '../../src/core/workflow/data.ts';

/** Sizes double, so that growth which is not linear shows. */
export const sizes = [1_000, 2_000, 4_000, 8_000, 10_000];

/** Each makes so many commands that call `work`. */
export function shapesOf(random: Random): Readonly<Record<string, (size: number) => readonly Command[]>> {
  return {
    'chain, in order': chain,
    'chain, backwards': (size) => [...chain(size)].reverse(),
    'chain, shuffled': (size) => shuffled(chain(size), random),
    'fan-out and fan-in': fan,
    'ten edges a command': dense,
  };
}

function chain(size: number): readonly Command[] {
  return Array.from({ length: size }, (_unused, at) => ({ name: `s${at}`, fun: 'work', args: at === 0 ? [] : [{ $ref: `s${at - 1}` }] }));
}

function fan(size: number): readonly Command[] {
  const wide = Array.from({ length: size - 1 }, (_unused, at) => ({ name: `s${at}`, fun: 'work', args: [at] }));
  return [...wide, { name: 'all', fun: 'work', args: [wide.map(({ name }) => ({ $ref: name }))] }];
}

/** Every command needs the ten before it: 100,000 edges are the limit. */
function dense(size: number): readonly Command[] {
  return Array.from({ length: size }, (_unused, at) => {
    const needs = Array.from({ length: Math.min(at, 10) }, (_none, back) => ({ $ref: `s${at - 1 - back}` }));
    return { name: `s${at}`, fun: 'work', args: [needs] };
  });
}

function shuffled<T>(list: readonly T[], random: Random): readonly T[] {
  return list
    .map((item) => ({ item, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
