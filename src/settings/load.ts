/**
 * Settings from all their sources, checked whole.
 *
 * L1 defaults < file < environment < flags, key by key. L2 every problem is reported, not the first one.
 * L3 a problem names its place (file and line, variable, or flag), what was expected and what was found; an unknown
 *    key the nearest known one. L4 values that contradict one another are refused with both in the message.
 * The rules of `[[permissions]]` are no knobs: whoever enforces them checks them (identity/permissions.ts).
 */

import { type BaseIssue, safeParse } from 'valibot';
import { nearest } from '../base/nearest.ts';
import { HeddleError, type SettingsProblem } from '../errors.ts';
import { isTable } from './knobs.ts';
import { relationProblems } from './relations.ts';
import { listKnobs, type Settings, settingsSchema } from './schema.ts';
import { type Environment, environmentLayer, type Flags, fileLayer, flagLayer, hint, type Layer } from './sources.ts';

export interface SettingsSources {
  /** The file's text, and its name for messages. */
  readonly file?: { readonly text: string; readonly name: string } | undefined;
  readonly environment?: Environment | undefined;
  readonly flags?: Flags | undefined;
}

/** The settings of a server. Throws `bad_settings` listing every problem. */
export function loadSettings(sources: SettingsSources): Settings {
  const environment = environmentLayer(sources.environment ?? {});
  const layers: Layer[] = [environment, flagLayer(sources.flags ?? {})];
  if (sources.file) layers.unshift(fileLayer(sources.file.text, sources.file.name));
  const { permissions, ...merged } = merge(layers);
  const originOf = (path: readonly string[]) => {
    const layer = layers.findLast(({ values }) => holds(values, path));
    return layer ? layer.origin(path) : { key: path.join('.') };
  };
  const result = safeParse(settingsSchema, sectionsOf(merged));
  const problems: SettingsProblem[] = [...environment.problems, ...wrongTables(merged, originOf)];
  if (result.success) problems.push(...relationProblems(result.output, originOf));
  else for (const place of placesOf(result.issues)) problems.push(wrongValue(place, merged, originOf));
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (!result.success || problems.length > 0) throw new HeddleError('bad_settings', { problems });
  return permissions === undefined ? result.output : { ...result.output, permissions };
}

type OriginOf = (path: readonly string[]) => Pick<SettingsProblem, 'file' | 'line' | 'key'>;
/** Every section, also those of which nothing is said; what is no table has a problem of its own. */
function sectionsOf(merged: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.keys(settingsSchema.entries).map((name) => [name, isTable(merged[name]) ? merged[name] : {}]));
}

/** Section and key of each wrong value, once. */
function placesOf(issues: readonly BaseIssue<unknown>[]): readonly (readonly string[])[] {
  const places = issues.map(({ path }) => (path ?? []).slice(0, 2).map(({ key }) => String(key)));
  return [...new Map(places.map((place) => [place.join('.'), place])).values()];
}

function wrongValue(place: readonly string[], merged: unknown, originOf: OriginOf): SettingsProblem {
  const knob = listKnobs().find(({ section, key }) => section === place[0] && key === place[1]);
  const expected = knob?.facts.expected ?? 'a table of settings';
  return { ...originOf(place), message: `expected ${expected}, found ${describe(valueAt(merged, place))}` };
}

/** What the schema does not see: sections that are no tables, and keys that nobody knows. */
function wrongTables(merged: Readonly<Record<string, unknown>>, originOf: OriginOf): readonly SettingsProblem[] {
  const knobs = listKnobs();
  return Object.entries(merged).flatMap(([name, given]) => {
    const here = knobs.filter(({ section }) => section === name);
    if (here.length === 0) return [{ ...originOf([name]), message: unknownKey([], name) }];
    if (!isTable(given)) return [wrongValue([name], merged, originOf)];
    const unknown = Object.keys(given).filter((key) => here.every((knob) => knob.key !== key));
    return unknown.map((key) => ({ ...originOf([name, key]), message: unknownKey([name], key) }));
  });
}

function unknownKey(path: readonly string[], key: string): string {
  const section = path[0];
  const knobs = listKnobs();
  if (section === undefined) return `is not a section${hint(nearest(key, new Set(knobs.map((knob) => knob.section)), 1))}`;
  const here = knobs.filter((knob) => knob.section === section).map((knob) => knob.key);
  const close = nearest(key, here, 1);
  if (close.length > 0) return `is not a setting${hint(close)}`;
  const elsewhere = knobs.find((knob) => knob.key === key);
  if (elsewhere) return `is not a setting; did you mean "${elsewhere.section}.${key}"?`;
  return `is not a setting; [${section}] has ${here.join(', ')}`;
}

function merge(layers: readonly Layer[]): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = Object.create(null);
  for (const { values } of layers) {
    for (const [section, given] of Object.entries(values)) {
      const before = merged[section];
      merged[section] = isTable(given) && isTable(before) ? { ...before, ...given } : given;
    }
  }
  return merged;
}

function holds(values: unknown, path: readonly string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  return isTable(values) && Object.hasOwn(values, first) && holds(values[first], rest);
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined), values);
}

/** A found value for a message: short, and with its type where that is the mistake. */
function describe(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)}`;
  if (Array.isArray(value)) return `a list (${JSON.stringify(value).slice(0, 60)})`;
  return typeof value === 'object' ? 'a table' : String(value);
}
