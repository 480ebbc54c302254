/**
 * Which functions hold a drain up: those with calls under way here, counted.
 */

import { compareTexts } from '../../base/text-order.ts';
import type { HeldUp } from '../api/drain-port.ts';

/** `served` and `sent`: the function of each call. Most calls first, then by name. Linear in the calls. */
export function heldUpBy(served: readonly string[], sent: readonly string[]): readonly HeldUp[] {
  const counts = new Map<string, { calls: number; sent: number }>();
  const countOf = (name: string): { calls: number; sent: number } => {
    const known = counts.get(name) ?? { calls: 0, sent: 0 };
    counts.set(name, known);
    return known;
  };
  for (const name of served) countOf(name).calls += 1;
  for (const name of sent) countOf(name).sent += 1;
  const all = [...counts].map(([name, count]) => ({ function: name, ...count }));
  return all.sort((a, b) => b.calls + b.sent - a.calls - a.sent || compareTexts(a.function, b.function));
}
