/**
 * What a client was told of servers that others may not have heard of yet, for as long as that may be so (handed-back.ts).
 *
 * W1 a call of a function names the servers that an earlier one was handed back for, and is not handed back for them again.
 * W2 what is remembered leaves every call room to be told of as many more.
 */

import type { Clock } from '../../base/clock.ts';
import { viaMax } from '../../wire/call-messages.ts';
import type { Invocation } from '../link/invocation.ts';

/** Age from which an offer counts as known to every server that is there, in milliseconds: a few times what news take. */
export const newsMsMax = 5_000;

/** Half of what a call may name. */
const rememberedMax = viaMax / 2;

interface Told {
  readonly runners: readonly string[];
  readonly untilMs: number;
}

export class ToldRunners {
  readonly #clock: Clock;
  /** By the function's name. */
  readonly #told = new Map<string, Told>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A call as it goes out: naming those that its function's servers are known to be. */
  named(call: Invocation): Invocation {
    // News are young for seconds only: nearly every call leaves here.
    if (this.#told.size === 0) return call;
    const told = this.#told.get(call.function);
    if (told === undefined || call.runners !== undefined) return call;
    if (this.#clock.nowMs() < told.untilMs) return { ...call, runners: told.runners };
    this.#told.delete(call.function);
    return call;
  }

  /** A call was handed back, and goes out again with `runners`. */
  note(name: string, runners: readonly string[]): void {
    const nowMs = this.#clock.nowMs();
    // Some of so many are gone, perhaps: the next call learns anew.
    if (runners.length > rememberedMax) return void this.#told.delete(name);
    for (const [other, { untilMs }] of this.#told) if (nowMs >= untilMs) this.#told.delete(other);
    // An offer is no younger than what is told of it: by then every server has heard of it.
    this.#told.set(name, { runners, untilMs: nowMs + newsMsMax });
  }
}
