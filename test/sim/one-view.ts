/**
 * Whether everybody who runs sees exactly those who run as alive, under one root. (A member that fell silent beside one
 * other stays unreachable, and in the root, for as long as nobody may bury it.)
 */

import type { Process } from './process.ts';

/** Members whose whole views are looked at; of more, so many are (their tables are all compared, by root and size). */
const viewsMax = 100;

/** What is wrong with the view of the live members, in words; undefined: nothing. */
export function viewProblem(live: readonly Process[]): string | undefined {
  const [first] = live;
  if (!first) return undefined;
  const root = rootOf(first);
  const other = live.find((process) => rootOf(process) !== root || process.gossip.inspection.records.members < live.length);
  if (other) return `${sight(other, live)} under ${rootOf(other)}, ${first.options.name} has ${root}`;
  const expected = new Map(live.map((process) => [process.options.name, process.instance]));
  const every = Math.ceil(live.length / viewsMax);
  const wrong = live.find((process, at) => at % every === 0 && !seesAll(process, expected));
  return wrong && sight(wrong, live);
}

function seesAll(process: Process, expected: ReadonlyMap<string, string>): boolean {
  const alive = process.gossip.views().filter(({ status }) => status === 'alive');
  return alive.length === expected.size && alive.every(({ name, instance }) => expected.get(name) === instance);
}

function rootOf({ gossip }: Process): string {
  const { high, low } = gossip.inspection.records.root();
  return `${high}:${low}`;
}

function sight(process: Process, live: readonly Process[]): string {
  const views = process.gossip.views();
  const odd = views.filter(({ status }) => status !== 'alive').map(({ name, status }) => `${name}:${status}`);
  const missing = live.filter(({ instance }) => !views.some((view) => view.instance === instance)).map(({ options }) => options.name);
  const some = (list: readonly string[]): string =>
    `[${list.slice(0, 8).join(' ')}${list.length > 8 ? ` and ${list.length - 8} more` : ''}]`;
  return `${process.options.name} sees ${views.length} of ${live.length}, not alive ${some(odd)}, missing ${some(missing)}`;
}
