/**
 * `each` of a command: the list whose elements it is called for, read from data and checked wherever it comes from.
 *
 * C1 the list is one reference, or a list of values; its elements are known when it is there, and counted then.
 * C2 `$item` and `$index` stand in the arguments of a command with `each`, and of what undoes it, and nowhere else.
 * Running the elements is elements.ts.
 */

import { isPlain, type Report, typeName } from './fields.ts';
import type { Each, Hole, Template, WireCommand } from './record.ts';

/** Elements that all steps of one run map together: with its commands, what its log of events has room for. */
export const elementsMax = 10_000;
/** Largest and default `parallel`. The largest is what one run has under way at most. */
export const parallelMax = 256;
export const parallelDefault = 64;

/** `each` and `parallel` of a command; undefined when absent, or after a report. */
export function readEach(
  { each, parallel }: { readonly each?: unknown; readonly parallel?: unknown },
  { report, template }: { readonly report: Report; readonly template: (value: unknown) => Template },
): Each | undefined {
  if (each === undefined) return parallel === undefined ? undefined : void report('"parallel" says something only beside "each"');
  const atOnce = readParallel(parallel, report);
  const isLiteral = isPlain(each) && Object.hasOwn(each, '$literal');
  if (isLiteral && !Array.isArray(each['$literal'])) return void report(`"each" takes a list, found ${typeName(each['$literal'])}`);
  const list = template(each);
  if (!isLiteral && !isWhole(list.holes)) {
    return void report(`"each" takes a reference to a list, or { "$literal": [...] }; found ${typeName(each)}`);
  }
  return { list, ...(atOnce === undefined ? {} : { parallel: atOnce }) };
}

/** What is wrong with `each` of a command that came from a peer, or with what stands for its elements. */
export function eachFaults({ each, args, compensate }: WireCommand): readonly string[] {
  const strangers = each ? [] : [...args.holes, ...(compensate?.args.holes ?? [])].filter(isOfElement);
  const faults = strangers.length > 0 ? ['"$item" and "$index" stand only in a command with "each"'] : [];
  if (!each) return faults;
  const { holes } = each.list;
  if (holes.some(isOfElement)) faults.push('"each" cannot refer to its own elements');
  if (holes.length > 0 && !isWhole(holes)) faults.push('"each" takes one reference to a list');
  const { parallel = 1 } = each;
  if (!isParallel(parallel)) faults.push(parallelFault(parallel));
  return faults;
}

/** Whether it stands for something that only elements have. */
export function isOfElement({ source }: Hole): boolean {
  return source.kind === 'item' || source.kind === 'index';
}

function isWhole(holes: readonly Hole[]): boolean {
  return holes.length === 1 && holes[0]?.at.length === 0;
}

function readParallel(parallel: unknown, report: Report): number | undefined {
  if (parallel === undefined || isParallel(parallel)) return parallel;
  return void report(parallelFault(parallel));
}

function isParallel(parallel: unknown): parallel is number {
  return typeof parallel === 'number' && Number.isInteger(parallel) && parallel >= 1 && parallel <= parallelMax;
}

function parallelFault(parallel: unknown): string {
  const found = typeof parallel === 'number' ? String(parallel) : typeName(parallel);
  return `"parallel" takes a whole number from 1 to ${parallelMax}, found ${found}`;
}
