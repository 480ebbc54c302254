/**
 * One circuit breaker: closed -> open -> ready -> probing -> closed or open again, by our own clock.
 *
 * B1 while it is open nothing passes; after 0.5 s, doubling to 30 s, jittered, exactly one attempt does: the probe.
 * B2 a probe without verdict after 2 s opens the breaker again; if it succeeds later after all, the breaker closes.
 * B3 an outcome of an attempt that was admitted before the last change of state is dropped.
 * Whether a failure breaks it is decided by a rule of breakers.ts; what counts as a failure, too.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Gate, Offer, ServerState } from '../../core/catalog/server-state.ts';
import type { ErrorCode } from '../../errors.ts';

/** Leave to send one attempt, valid for one outcome; grows over time. 0: refused. */
export type Permit = number;

/** Counts outcomes and says when it has had enough. */
export interface BreakerRule {
  /** True: it holds nothing any more, so that further successes need not be told. */
  success(isProbe: boolean): boolean;
  /** True: the breaker must open. */
  failure(isProbe: boolean): boolean;
}

/** What all breakers of one process share. */
export interface BreakerContext {
  readonly clock: Clock;
  readonly random: Random;
  /** A number above every permit so far. */
  nextPermit(): Permit;
  /** The gate has changed; `forMs` and `code` are given when it opened. */
  changed(breaker: Breaker, opened?: { readonly forMs: number; readonly code: ErrorCode }): void;
}

export interface BreakerPlace {
  readonly server: ServerState;
  /** Absent: the breaker of the whole server. */
  readonly offer: Offer | undefined;
}

/** How long a breaker stays open at first, and at most. */
const openMsMin = 500;
const openMsMax = 30_000;
/** Added at most, as a part of the time open, so that breakers of one outage do not probe together. */
const openJitter = 0.25;
const probeMsMax = 2_000;

export class Breaker {
  readonly place: BreakerPlace;
  readonly #gate: Gate;
  readonly #rule: BreakerRule;
  readonly #context: BreakerContext;
  /** Outcomes under lower permits are stale. */
  #since: Permit = 0;
  /** The last probe's permit; kept after its deadline (B2). */
  #probe: Permit = 0;
  /** Openings since it was last closed. */
  #opened = 0;
  #lastCode: ErrorCode = 'unreachable';
  #cancel: CancelTask | undefined;

  constructor(place: BreakerPlace, rule: BreakerRule, context: BreakerContext) {
    this.place = place;
    this.#gate = (place.offer ?? place.server).gate;
    this.#rule = rule;
    this.#context = context;
  }

  get gate(): Readonly<Gate> {
    return this.#gate;
  }

  succeeded(permit: Permit): void {
    if (permit === this.#probe) {
      this.#gate.isTracked = !this.#rule.success(true);
      this.#close();
    } else if (this.#gate.state === 'closed' && permit >= this.#since) {
      this.#gate.isTracked = !this.#rule.success(false);
    }
  }

  /** `isShared`: the other attempts under way fail for the same reason and must not count again. */
  failed(permit: Permit, code: ErrorCode, isShared: boolean): void {
    const isProbe = this.#isProbing(permit);
    if (!isProbe && (this.#gate.state !== 'closed' || permit < this.#since)) return;
    this.#lastCode = code;
    this.#gate.isTracked = true;
    if (isShared) this.#since = this.#context.nextPermit();
    if (this.#rule.failure(isProbe) || isProbe) this.#open();
  }

  /** The attempt says nothing: if it was the probe, another may be. */
  abandoned(permit: Permit): void {
    if (this.#isProbing(permit)) this.grant();
  }

  /** The attempt under `permit` is the probe. */
  startProbe(permit: Permit): void {
    this.#probe = permit;
    this.#since = permit;
    this.#enter('probing');
    this.#arm(probeMsMax, () => this.#open());
  }

  /** Lets one attempt through, unless it is closed anyway. */
  grant(): void {
    if (this.#gate.state === 'closed') return;
    this.#enter('ready');
  }

  /** Drops the timer. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #isProbing(permit: Permit): boolean {
    return this.#gate.state === 'probing' && permit === this.#probe;
  }

  #open(): void {
    const baseMs = Math.min(openMsMax, openMsMin * 2 ** Math.min(this.#opened, 10));
    const forMs = Math.min(openMsMax, baseMs * (1 + openJitter * this.#context.random.next()));
    this.#opened += 1;
    this.#since = this.#context.nextPermit();
    this.#gate.untilMs = this.#context.clock.nowMs() + forMs;
    this.#enter('open', { forMs, code: this.#lastCode });
    this.#arm(forMs, () => this.grant());
  }

  #close(): void {
    this.#opened = 0;
    this.#probe = 0;
    this.#since = this.#context.nextPermit();
    this.#gate.closedAtMs = this.#context.clock.nowMs();
    this.#enter('closed');
  }

  #enter(state: Gate['state'], opened?: { readonly forMs: number; readonly code: ErrorCode }): void {
    this.stop();
    this.#gate.state = state;
    this.#context.changed(this, opened);
  }

  #arm(delayMs: number, task: () => void): void {
    this.#cancel = this.#context.clock.schedule(delayMs, task);
  }
}
