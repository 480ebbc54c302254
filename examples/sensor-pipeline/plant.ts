/**
 * The file is clean, so dirt is planted: seeded, counted, and said to be planted. The ledger of what was planted
 * never reaches the steps that look for it, only the report that scores them.
 */

import { randomLcg } from 'd3-random';
import { lineOf, type RawRow } from './readings.ts';

type Random = () => number;
type Spoil = (row: RawRow, random: Random) => RawRow;

const columns = ['location', 'date', 'precipitation', 'temp_max', 'temp_min', 'wind', 'weather'] as const;
const measures = ['precipitation', 'temp_max', 'temp_min', 'wind'] as const;

/** Every kind of dirt, as what it does to a row. */
const spoilers = {
  'missing field': (row, random) => ({ ...row, [pick(columns, random)]: '' }),
  'impossible value': (row, random) => ({ ...row, [pick(measures, random)]: pick(['-999', '9999', 'n/a'], random) }),
  'swapped minimum and maximum': (row) => ({ ...row, temp_max: row.temp_min, temp_min: row.temp_max }),
  'duplicated row': (row) => row,
  'degrees Fahrenheit': (row) => ({ ...row, temp_max: scaled(row.temp_max, 1.8, 32), temp_min: scaled(row.temp_min, 1.8, 32) }),
  'wind in km/h': (row) => ({ ...row, wind: scaled(row.wind, 3.6) }),
  'slipped decimal point': (row, random) => slipped(row, pick(['temp_max', 'wind'], random)),
} as const satisfies Record<string, Spoil>;

export type DirtKind = keyof typeof spoilers;
export const dirtKinds = Object.keys(spoilers) as readonly DirtKind[]; // the keys of a literal object are its type's keys

export interface Planted {
  readonly line: number;
  readonly kind: DirtKind;
}

export interface DirtOptions {
  /** In [0, 1); equal seeds plant equal dirt. */
  readonly seed: number;
  /** Rows of each kind. */
  readonly each: number;
}

/** The same rows with `each` dirty ones of every kind among them, and where they are. */
export function plantDirt(rows: readonly RawRow[], { seed, each }: DirtOptions): { rows: RawRow[]; planted: Planted[] } {
  const random = randomLcg(seed);
  const spoiled = new Map<RawRow, { kind: DirtKind; row: RawRow }>();
  for (const kind of dirtKinds) {
    for (let left = each; left > 0; ) {
      const row = pick(rows, random);
      const dirty = spoilers[kind](row, random);
      if (spoiled.has(row) || (kind !== 'duplicated row' && sameText(dirty, row))) continue; // a row is spoiled once, and really
      spoiled.set(row, { kind, row: dirty });
      left -= 1;
    }
  }
  return laidOut(rows, spoiled);
}

/** A duplicate follows its original; every other dirty row takes the place of the clean one. */
function laidOut(rows: readonly RawRow[], spoiled: ReadonlyMap<RawRow, { kind: DirtKind; row: RawRow }>) {
  const out: RawRow[] = [];
  const planted: Planted[] = [];
  for (const row of rows) {
    const dirt = spoiled.get(row);
    if (dirt === undefined || dirt.kind === 'duplicated row') out.push(row);
    if (dirt === undefined) continue;
    planted.push({ line: lineOf(out.length), kind: dirt.kind });
    out.push(dirt.row);
  }
  return { rows: out, planted };
}

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('there is nothing to pick from');
  return item;
}

function scaled(text: string, factor: number, offset = 0): string {
  return (Number(text) * factor + offset).toFixed(1);
}

function slipped(row: RawRow, column: 'temp_max' | 'wind'): RawRow {
  return { ...row, [column]: scaled(row[column], 10) };
}

function sameText(a: RawRow, b: RawRow): boolean {
  return columns.every((column) => a[column] === b[column]);
}
