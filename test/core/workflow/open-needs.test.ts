import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OpenNeeds } from '../../../src/core/workflow/open-needs.ts';
import type { WireCommand } from '../../../src/core/workflow/record.ts';
import { checkWorkflow } from '../../../src/core/workflow/workflow.ts';
import { encode } from './codec.ts';

const width = 40;
const needed = Array.from({ length: width }, (_, at) => `s${at}`);
const command = (name: string, after: readonly string[]): WireCommand => {
  return { name, function: 'f', args: { value: encode([]), holes: [] }, after };
};
const workflow = checkWorkflow({
  commands: [...needed.map((name) => command(name, [])), command('last', needed)],
  returns: { kind: 'leaves' },
  hasInput: false,
});
const last = width;

/** The needs of `last`, as they end one after the other. */
function ending(order: readonly number[]) {
  const settled = new Set<number>();
  const seen = { looks: 0, named: [] as string[] };
  const needs = new OpenNeeds(workflow, (at) => {
    seen.looks += 1;
    return settled.has(at);
  });
  let reason = needs.first(last);
  for (const at of order) {
    seen.named.push(reason.kind === 'input' ? reason.step : reason.kind);
    settled.add(at);
    needs.meetOne(last);
    reason = needs.findNextAfter(last, at) ?? reason;
  }
  return { needs, settled, ...seen };
}

describe('what a step lacks', () => {
  test('is named as the first of its needs that has not ended, and looked for once over all of them (Y2)', () => {
    const orders = fc.shuffledSubarray([...needed.keys()], { minLength: width, maxLength: width });
    fc.assert(
      fc.property(orders, (order) => {
        const { needs, named, looks } = ending(order);
        const places = workflow.commands[last]?.needs ?? [];
        const expected = order.map((_, ended) => places.find((need) => !order.slice(0, ended).includes(need)) ?? -1);
        expect(named).toEqual(expected.map((at) => needed[at]));
        expect(needs.areMet(last)).toBe(true);
        // Each need is passed once, and is the end of one search at most.
        expect(looks).toBeLessThanOrEqual(2 * width);
      }),
    );
  });

  test('that has run already says so, and counts nothing', () => {
    const { needs } = ending([...needed.keys()]);
    expect(needs.meetOne(last)).toBe(-1);
    expect(needs.countOf(last)).toBe(0);
  });

  test('is one more when a need runs again, which is named from then on', () => {
    const { needs, settled } = ending([0, 1, 2]);
    settled.delete(1);
    needs.reopenOne(last);
    expect([needs.countOf(last), needs.findFirst(last)]).toEqual([width - 2, { kind: 'input', step: 's1' }]);
    settled.add(5);
    needs.recount(last);
    expect(needs.countOf(last)).toBe(width - 3);
  });
});
