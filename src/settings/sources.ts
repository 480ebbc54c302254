/**
 * Where values come from: a file, the environment, flags. Each becomes one layer: values with their origin.
 *
 * The environment's name of `mesh.beatIntervalMs` is HEDDLE_MESH_BEAT_INTERVAL_MS; lists are separated by commas,
 * as are counts (gpu=1,db=4).
 * A variable that begins like a section but names no knob is a problem, as an unknown key in a file is; other
 * HEDDLE_ variables (HEDDLE_URL) are somebody else's.
 */

import { nearest } from '../base/nearest.ts';
import type { SettingsProblem } from '../errors.ts';
import { type Knob, listKnobs, type SectionName } from './schema.ts';
import { parseToml } from './toml.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Values by section and key, as given, and where one came from. */
export interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  /** File and line, or the name of the variable or flag that a message should show. */
  origin(path: readonly string[]): Pick<SettingsProblem, 'file' | 'line' | 'key'>;
}

/** Flags by `section.key`; undefined ones were not given. */
export type Flags = Readonly<Record<string, { readonly flag: string; readonly value: unknown } | undefined>>;

/** The layer of a settings file. Throws `bad_settings` for what is no TOML. */
export function fileLayer(text: string, file: string): Layer {
  const { data, findLine } = parseToml(text, file);
  return {
    values: data,
    origin: (path) => {
      const line = findLine(path);
      return { file, ...(line === undefined ? {} : { line }), key: path.join('.') };
    },
  };
}

/** The layer of the environment, and the variables that name no knob. */
export function environmentLayer(environment: Environment): Layer & { readonly problems: readonly SettingsProblem[] } {
  const knobs = new Map(listKnobs().map((knob) => [variableOf(knob), knob]));
  const sections = [...new Set([...knobs.values()].map(({ section }) => `HEDDLE_${section.toUpperCase()}_`))];
  const values: Record<string, Record<string, unknown>> = {};
  const problems: SettingsProblem[] = [];
  for (const [variable, given] of Object.entries(environment)) {
    const knob = knobs.get(variable);
    if (given === undefined || given === '') continue;
    if (knob) put(values, knob, readText(knob, given));
    else if (sections.some((section) => variable.startsWith(section))) {
      problems.push({ key: variable, message: `is not a setting${hint(nearest(variable, knobs.keys(), 1))}` });
    }
  }
  return { values, problems, origin: ([section = '', key = '']) => ({ key: variableName(section, key) }) };
}

/** The layer of flags. */
export function flagLayer(flags: Flags): Layer {
  const values: Record<string, Record<string, unknown>> = {};
  for (const knob of listKnobs()) {
    const given = flags[`${knob.section}.${knob.key}`];
    if (given === undefined || given.value === undefined) continue;
    const value = typeof given.value === 'string' ? readText(knob, given.value) : given.value;
    put(values, knob, value);
  }
  return { values, origin: (path) => ({ key: flags[path.join('.')]?.flag ?? path.join('.') }) };
}

/** The environment's name of a knob. */
export function variableOf(knob: Pick<Knob, 'section' | 'key'>): string {
  return variableName(knob.section, knob.key);
}

/** `; did you mean "port"?`, or nothing. */
export function hint(names: readonly string[]): string {
  return names[0] === undefined ? '' : `; did you mean "${names[0]}"?`;
}

function variableName(section: SectionName | string, key: string): string {
  return `HEDDLE_${section.toUpperCase()}_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function put(values: Record<string, Record<string, unknown>>, { section, key }: Knob, value: unknown): void {
  values[section] = { ...values[section], [key]: value };
}

/** Text as the knob's kind; what does not read as one is left as text, for the schema to refuse. */
function readText({ facts }: Knob, text: string): unknown {
  if (facts.kind === 'texts')
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  if (facts.kind === 'counts') return readCounts(text);
  if (facts.kind === 'flag') return text === 'true' ? true : text === 'false' ? false : text;
  const isNumber = facts.kind === 'number' || facts.kind === 'port';
  return isNumber && /^\d+$/.test(text.trim()) ? Number(text) : text;
}

/** `gpu=1,db=4`; what is none is left as text, for the schema to refuse. */
function readCounts(text: string): unknown {
  const parts = text.split(',').map((part) => /^\s*([^\s,=]+)=(\d+)\s*$/.exec(part));
  if (parts.some((part) => part === null)) return text;
  return Object.fromEntries(parts.map((part) => [part?.[1], Number(part?.[2])]));
}
