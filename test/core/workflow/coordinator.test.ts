import { describe, expect, test } from 'vitest';
import { chooseCoordinator, worthMs } from '../../../src/core/workflow/coordinator.ts';
import type { PlaceFacts, StepPlan } from '../../../src/core/workflow/planner.ts';
import type { WireCommand } from '../../../src/core/workflow/record.ts';
import { checkWorkflow } from '../../../src/core/workflow/workflow.ts';
import { encode } from './codec.ts';

const names = ['price', 'charge', 'ship'] as const;

/** Three steps one after another; one of them may have an undo. */
const chainWith = (undone?: string) =>
  checkWorkflow({
    commands: names.map((name, at): WireCommand => {
      const before = names[at - 1];
      const args = { value: encode([]), holes: [] };
      const compensate = { function: 'undo', args };
      const command = { name, function: 'f', args, after: before === undefined ? [] : [before] };
      return name === undone ? { ...command, compensate } : command;
    }),
    returns: { kind: 'leaves' },
    hasInput: false,
  });
const chain = chainWith();

/** All of them on one server so far away; at `openAt` nobody would take the step now. */
function plansAt(roundTripMs: number, openAt?: number): readonly StepPlan<PlaceFacts>[] {
  const place: PlaceFacts = { instance: 'far', isHere: false, roundTripMs, queued: 0 };
  const plan = { group: undefined, startMs: 0, endMs: 0, bytesIn: 0, bytesOut: 0, isKnown: true, workMs: 0 };
  return names.map((_, at) => ({ ...plan, at, place: at === openAt ? undefined : place }));
}

describe('the coordinator of a run', () => {
  test('is the server of its steps when the ways to it are long', () => {
    expect(chooseCoordinator(chain, plansAt(40), 0)).toMatchObject({ place: { instance: 'far' }, hereMs: 120, thereMs: 40 });
  });

  test('is the server that was asked when little would be saved (C1)', () => {
    expect(chooseCoordinator(chain, plansAt(worthMs / 2 - 0.1), 0)).toBeUndefined();
    expect(chooseCoordinator(chain, plansAt(worthMs / 2), 0)).toBeDefined();
  });

  test('is the server that was asked when a step has an undo: it is not lost with the servers of the steps (C4)', () => {
    expect(chooseCoordinator(chainWith('charge'), plansAt(40), 0)).toBeUndefined();
  });

  test('is the server that was asked when a step has no server now: it knows why (C2)', () => {
    expect(chooseCoordinator(chain, plansAt(40, 1), 0)).toBeUndefined();
  });
});
