/**
 * Holds what every caller was told against what the handlers wrote down and what passed over the links.
 *
 * T1 `no` never ran, `yes` ran; a `once` call ran once at most, whatever its caller was told, or whether it is still there; so did one
 *    that ran where it is `once`, whatever it is elsewhere.
 * T2 `maybe` is said of a call only when a frame of it was in flight on a link that broke, or when it was given up, by its
 *    deadline or its caller, while a frame of it was in flight or its handler had begun. Without faults: of the latter only.
 */

import type { CallWatch } from './call-watch.ts';

export interface Told {
  readonly id: number;
  /** `mixed`: by where it runs. */
  readonly effect: 'once' | 'idempotent' | 'mixed';
  readonly startMs: number;
  endMs: number;
  /** `gone`: its caller was killed before it was told. */
  verdict: 'yes' | 'no' | 'maybe' | 'gone' | undefined;
  code: string;
  /** A frame of it was unanswered when its caller was told. */
  isOpen: boolean;
}

export interface RunLog {
  /** Call -> where and when a handler was entered for it. */
  readonly ran: ReadonlyMap<number, readonly string[]>;
  /** Calls for which one was entered where they are `once`. */
  readonly ranOnce: ReadonlySet<number>;
}

const givenUp = ['deadline_exceeded', 'cancelled'];

export function problemsOf(told: Told, log: RunLog, watch: CallWatch): readonly string[] {
  const { id, effect, verdict, code } = told;
  const ran = log.ran.get(id) ?? [];
  const isOnce = effect === 'once' || (effect === 'mixed' && log.ranOnce.has(id));
  const what = `call ${id} (${effect}): ${code}, executed ${verdict}, ran at [${ran.join(', ')}]`;
  const problems: string[] = [];
  if (verdict === 'no' && ran.length > 0) problems.push(`${what}: told no, and it ran`);
  if (verdict === 'yes' && ran.length === 0) problems.push(`${what}: told yes, and it never ran`);
  if (isOnce && ran.length > 1) problems.push(`${what}: ran more than once`);
  if (verdict === 'maybe' && !mayBeOpen(told, ran, watch)) problems.push(`${what}: told maybe, and nothing of it was lost`);
  return problems;
}

/** Why nobody could say whether it ran: counted by cause. */
export function causeOf({ id, code, startMs, endMs }: Told, watch: CallWatch): 'lost link' | 'deadline' | 'given up' | 'none' {
  const losses = watch.lostAtMs.get(id) ?? [];
  if (losses.some((atMs) => atMs >= startMs && atMs <= endMs)) return 'lost link';
  return code === 'deadline_exceeded' ? 'deadline' : code === 'cancelled' ? 'given up' : 'none';
}

function mayBeOpen(told: Told, ran: readonly string[], watch: CallWatch): boolean {
  if (causeOf(told, watch) === 'lost link') return true;
  return givenUp.includes(told.code) && (told.isOpen || ran.length > 0);
}
