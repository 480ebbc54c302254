/**
 * Which steps go together to one server, so that nothing passes by the coordinator between them.
 *
 * F1 only steps that wait for nothing outside the group join it, and only where they might have gone alone as well.
 * F2 of several steps that a step sets free, one joins; the others only where they could go nowhere else, or take no longer
 *    than a trip: what can run elsewhere at the same time shall.
 * F3 a group has at most `groupMax` steps and `groupBytesMax` of arguments: it must fit into a frame.
 * F4 a step that maps a list goes alone, element by element: how many there are is known only when the list is there.
 * Where a step may go is the router's to say; sending the group is the fabric's.
 */

import type { FusionState } from './run-io.ts';
import type { CheckedWorkflow } from './workflow.ts';

/** Steps of one group. */
export const groupMax = 64;
/** Arguments of one group, as far as they are known when it is sent. */
const groupBytesMax = 64 * 1024;

/** What a step would find at the group's server. `only`: it can go nowhere else. */
export type Fit = { readonly isOnly: boolean; readonly isQuick: boolean };

export interface GroupQuestion {
  readonly head: number;
  readonly workflow: CheckedWorkflow;
  readonly state: FusionState;
  /** Undefined: it may not go there. */
  readonly fitOf: (at: number) => Fit | undefined;
}

/** Whether any step could join a group that `head` begins, whatever its server. Cheap: most steps go alone. */
export function mayLead({ head, workflow, state }: Omit<GroupQuestion, 'fitOf'>): boolean {
  const checked = workflow.commands[head];
  if (!checked || !mayGoOn(checked.command) || state.bytesOf(head) > groupBytesMax) return false;
  const { target } = checked.command;
  return checked.neededBy.some((at) => state.missingOf(at) === 1 && mayJoin(workflow, at) && mayMeet(target, workflow.commands[at]));
}

/** Steps that name different servers never go together: known without asking who offers what. */
function mayMeet(target: string | undefined, other: CheckedWorkflow['commands'][number] | undefined): boolean {
  return target === undefined || other?.command.target === undefined || other.command.target === target;
}

/** The steps that join `head`, in an order in which they can run. Linear in their edges. */
export function growGroup(question: GroupQuestion): readonly number[] {
  const { head, workflow, state } = question;
  const group = new Set([head]);
  let bytes = state.bytesOf(head);
  // What joins is looked at in its turn: a set gives its members in the order in which they came.
  for (const member of group) {
    const checked = workflow.commands[member];
    if (!checked || !mayGoOn(checked.command)) continue;
    let joined = 0;
    for (const at of checked.neededBy) {
      if (group.size >= Math.min(groupMax, state.room + 1)) return membersOf(group);
      if (!isFreed(at, group, question)) continue;
      const fit = question.fitOf(at);
      if (!fit || (joined > 0 && !fit.isOnly && !fit.isQuick)) continue;
      bytes += state.bytesOf(at);
      if (bytes > groupBytesMax) return membersOf(group);
      group.add(at);
      joined += 1;
    }
  }
  return membersOf(group);
}

function membersOf(group: ReadonlySet<number>): readonly number[] {
  return [...group].slice(1);
}

/** It waits for nothing but steps of the group. */
function isFreed(at: number, group: ReadonlySet<number>, { workflow, state }: GroupQuestion): boolean {
  const missing = state.missingOf(at);
  if (group.has(at) || missing === undefined || missing > group.size || !mayJoin(workflow, at)) return false;
  const needs = (workflow.commands[at]?.needs ?? []).filter((need) => group.has(need));
  const canGoOn = (need: number): boolean => {
    const checked = workflow.commands[need];
    return checked !== undefined && mayGoOn(checked.command);
  };
  return needs.length === missing && needs.every(canGoOn);
}

function mayJoin(workflow: CheckedWorkflow, at: number): boolean {
  const command = workflow.commands[at]?.command;
  return command?.fuse !== false && command?.each === undefined;
}

/** Whether others may stand behind it in a group: what its failure means for them is the run's to say. */
function mayGoOn(command: CheckedWorkflow['commands'][number]['command']): boolean {
  return command.fuse !== false && command.each === undefined && command.onFailure === undefined && command.compensate === undefined;
}
