/**
 * For how long somebody may follow what has no end of its own: as long as the proof with which they began.
 *
 * T1 when that has ended, whoever follows is told once, with the error that says what to do; a proof that was renewed meanwhile goes on.
 * T2 a proof that does not end costs nothing.
 */

import { onAbort } from '../../base/aborts.ts';
import type { CancelTask, Clock } from '../../base/clock.ts';
import type { HeddleError } from '../../errors.ts';
import type { Proof } from './proof.ts';

export interface TermOptions {
  /** Absent: nobody asked. */
  readonly proof: Proof | undefined;
  readonly clock: Clock;
  /** Made when it is over. */
  readonly error: () => HeddleError;
}

const nothing = (): void => {};

export class Term {
  readonly #options: TermOptions;

  constructor(options: TermOptions) {
    this.#options = options;
  }

  /** T1. Gives what takes the wish back. */
  whenOver(over: (error: HeddleError) => void): CancelTask {
    const { proof, clock, error } = this.#options;
    const leftMs = proof?.leftMs(clock);
    if (proof === undefined || leftMs === undefined) return nothing;
    let cancel = nothing;
    const leave = proof.onRenewed(() => arm());
    const ended = (): void => {
      leave();
      over(error());
    };
    const arm = (): void => {
      cancel();
      cancel = clock.schedule(proof.leftMs(clock) ?? 0, () => (proof.isGood(clock) ? arm() : ended()));
    };
    arm();
    return () => {
      leave();
      cancel();
    };
  }

  /** What `follow` gives until the signal that it is handed aborts: with `signal`, or because it is over, which is thrown then. */
  async *during<T>(signal: AbortSignal, follow: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterable<T> {
    const ending = new AbortController();
    let over: HeddleError | undefined;
    const leaveSignal = onAbort(signal, (reason) => ending.abort(reason));
    const leaveTerm = this.whenOver((error) => {
      over = error;
      ending.abort(error);
    });
    try {
      yield* follow(ending.signal);
      if (over !== undefined) throw over;
    } catch (error) {
      throw over ?? error;
    } finally {
      leaveTerm();
      leaveSignal();
    }
  }
}
