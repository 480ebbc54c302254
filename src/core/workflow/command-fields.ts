/**
 * The fields of a command, each read for itself: what it may be, and what is said of what it is not.
 */

import type { Need } from '../catalog/offer.ts';
import { checkKeys, isPlain, type Report, typeName } from './fields.ts';

export function readText(fields: Readonly<Record<string, unknown>>, key: string, report: Report): string | undefined {
  const text = fields[key];
  if (text === undefined || typeof text === 'string') return text;
  return void report(`"${key}" takes text, found ${typeName(text)}`);
}

export function readTexts(list: unknown, key: string, report: Report): readonly string[] | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list)) return void report(`"${key}" takes a list of texts, found ${typeName(list)}`);
  const wrong = list.findIndex((text) => typeof text !== 'string');
  return wrong < 0 ? list : void report(`"${key}" takes a list of texts, found ${typeName(list[wrong])} at [${wrong}]`);
}

export function readTimeout(timeoutMs: unknown, report: Report): number | undefined {
  if (timeoutMs === undefined) return undefined;
  if (typeof timeoutMs === 'number' && Number.isFinite(timeoutMs)) return timeoutMs;
  return void report(
    `"timeoutMs" takes a number of milliseconds, found ${typeof timeoutMs === 'number' ? String(timeoutMs) : typeName(timeoutMs)}`,
  );
}

/** Going together is the default, which says nothing. */
export function readFuse(fuse: unknown, report: Report): false | undefined {
  if (fuse === false) return false;
  if (fuse !== undefined && fuse !== true) report(`"fuse" takes true or false, found ${typeName(fuse)}`);
  return undefined;
}

const needKeys = { what: 'word of a need', names: ['all', 'any', 'none', 'prefer'] };

export function readNeed(need: unknown, report: Report): Need | undefined {
  if (need === undefined) return undefined;
  if (Array.isArray(need)) return readTexts(need, 'need', report);
  if (!isPlain(need)) return void report(`"need" takes a list of resources, or all / any / none / prefer; found ${typeName(need)}`);
  checkKeys(need, needKeys, report);
  return withoutAbsent({
    all: readTexts(need['all'], 'need.all', report),
    any: readTexts(need['any'], 'need.any', report),
    none: readTexts(need['none'], 'need.none', report),
    prefer: readTexts(need['prefer'], 'need.prefer', report),
  });
}

/** Absent options are left out, so that records compare and travel alike. */
export function withoutAbsent<T extends object>(record: T): T {
  const present: Partial<T> = {};
  for (const key in record) if (record[key] !== undefined) present[key] = record[key];
  return present as T; // every field of the records given here may be absent
}
