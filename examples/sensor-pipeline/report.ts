/** Scores the hunt against the ledger of what was planted, and picks what the real data has to say. */

import type { MonthSummary } from './aggregate.ts';
import type { Rejection } from './clean.ts';
import type { Anomaly } from './detect.ts';
import { type DirtKind, dirtKinds, type Planted } from './plant.ts';

export interface Findings {
  readonly planted: readonly Planted[];
  readonly rejected: readonly Rejection[];
  readonly anomalies: readonly Anomaly[];
  readonly months: readonly MonthSummary[];
}

export interface Report {
  readonly kinds: readonly { readonly kind: DirtKind; readonly planted: number; readonly found: number }[];
  /** Share of the planted rows that were flagged. */
  readonly recall: number;
  /** Share of the flagged rows that were planted; the rest are real days out of the ordinary. */
  readonly precision: number;
  /** The strangest days that nobody planted. */
  readonly realAnomalies: readonly Anomaly[];
  readonly months: readonly MonthSummary[];
}

export function writeReport({ planted, rejected, anomalies, months }: Findings): Report {
  const flagged = new Set([...rejected, ...anomalies].map(({ line }) => line));
  const plantedLines = new Set(planted.map(({ line }) => line));
  const found = planted.filter(({ line }) => flagged.has(line));
  const kinds = dirtKinds.map((kind) => ({ kind, planted: countOf(planted, kind), found: countOf(found, kind) }));
  const realAnomalies = anomalies.filter(({ line }) => !plantedLines.has(line)).toSorted((a, b) => b.score - a.score);
  return { kinds, recall: found.length / planted.length, precision: found.length / flagged.size, realAnomalies, months };
}

function countOf(rows: readonly Planted[], kind: DirtKind): number {
  return rows.filter((row) => row.kind === kind).length;
}
