/**
 * What a run asks for and what it tells, in order, until it is taken. Its events count from 1.
 *
 * Most inputs of a run have one or two effects, and a list that grows begins with room for seventeen: it is made with the first.
 */

import type { Filled, Payload } from '../payload.ts';
import type { OpaqueError, RunEventBody, RunSettled, WireRunEvent } from './record.ts';
import type { RunEffect } from './run-io.ts';

type Body = RunEventBody<Payload, OpaqueError> | RunSettled<Filled, OpaqueError>;
/** No field of an event of this kind is forgotten. */
type All<K extends Body['kind']> = Record<keyof Extract<WireRunEvent, { readonly kind: K }>, unknown>;

const nothing: readonly RunEffect[] = [];

export class RunEffects {
  #effects: RunEffect[] | undefined;
  #sequence = 0;

  push(effect: RunEffect): void {
    if (this.#effects) this.#effects.push(effect);
    else this.#effects = [effect];
  }

  /** `atMs`: milliseconds since the Unix epoch. */
  tell(body: Body, atMs: number): void {
    this.#sequence += 1;
    this.push({ kind: 'event', event: numbered(body, this.#sequence, atMs) });
  }

  /** Empties it. */
  take(): readonly RunEffect[] {
    const effects = this.#effects ?? nothing;
    this.#effects = undefined;
    return effects;
  }
}

/** Every step has one of these two, and they are most of what there is to tell: field by field takes a third of the time. */
function numbered(body: Body, seq: number, atMs: number): WireRunEvent {
  switch (body.kind) {
    case 'step.started': {
      const { kind, step, element, server, attempt } = body;
      return { seq, atMs, kind, step, element, server, attempt } satisfies All<'step.started'>;
    }
    case 'step.settled': {
      const { kind, step, ok, outcome, server, elapsedMs, bytes, error, usedFallback } = body;
      return { seq, atMs, kind, step, ok, outcome, server, elapsedMs, bytes, error, usedFallback } satisfies All<'step.settled'>;
    }
    default:
      return { seq, atMs, ...body };
  }
}
