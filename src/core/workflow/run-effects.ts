/**
 * What a run asks for and what it tells, in order, until it is taken. Its events count from 1.
 *
 * Most inputs of a run have one or two effects, and a list that grows begins with room for seventeen: it is made with the first.
 */

import type { Filled, Payload } from '../payload.ts';
import type { OpaqueError, RunEventBody, RunSettled, WireRunEvent } from './record.ts';
import type { RunEffect } from './run-io.ts';

const nothing: readonly RunEffect[] = [];

export class RunEffects {
  #effects: RunEffect[] | undefined;
  #sequence = 0;

  push(effect: RunEffect): void {
    if (this.#effects) this.#effects.push(effect);
    else this.#effects = [effect];
  }

  /** `atMs`: milliseconds since the Unix epoch. */
  tell(body: RunEventBody<Payload, OpaqueError> | RunSettled<Filled, OpaqueError>, atMs: number): void {
    this.#sequence += 1;
    const event: WireRunEvent = { seq: this.#sequence, atMs, ...body };
    this.push({ kind: 'event', event });
  }

  /** Empties it. */
  take(): readonly RunEffect[] {
    const effects = this.#effects ?? nothing;
    this.#effects = undefined;
    return effects;
  }
}
