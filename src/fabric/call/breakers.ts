/**
 * All circuit breakers of one process: one per server for its connection, and, made at the first failure only, one
 * per server and function. The one file that knows cockatiel, whose rules count and whose wrapper is not used: it
 * costs a promise a call and reads the system's clock.
 *
 * B4 while an offer's breakers are closed, `admit` is two comparisons; while none was ever needed, so is `succeeded`.
 * B5 a failed connection counts once, however many attempts it takes with it.
 * B6 the error table says what counts. A deadline counts against the function, and only if the attempt had a fair
 *    time; an error that the server answered with is a success of its connection.
 * Every change is written into the gates of the catalog's states, where a pick sees it.
 */

import { CircuitState, ConsecutiveBreaker, CountBreaker } from 'cockatiel';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { Gate, Offer, ServerState } from '../../core/catalog/server-state.ts';
import { type ErrorCode, errorTable } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import { Breaker, type BreakerContext, type BreakerPlace, type BreakerRule, type Permit } from './breaker.ts';

/** How one attempt failed. */
export interface AttemptFailure {
  readonly code: ErrorCode;
  /** Since the attempt was sent. */
  readonly elapsedMs: number;
}

/** One breaker that is not closed. */
export interface BreakerView {
  readonly server: string;
  /** Absent: the breaker of the whole server. */
  readonly function: string | undefined;
  readonly state: Gate['state'];
  /** While open: when its probe is granted, in monotonic milliseconds. */
  readonly untilMs: number;
}

export interface BreakersOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** A gate changed. */
  readonly onChange?: (() => void) | undefined;
}

const serverFailuresMax = 5;
const functionCalls = { size: 100, threshold: 0.5, minimumNumberOfCalls: 10 } as const;
/** A deadline below this is no verdict on a function that has not been measured. */
const fairMsMin = 1_000;
/** Of a function's own limit an attempt has less than all: a hop takes up to a quarter of what is left for its way (call-frame.ts). */
const limitShare = 0.75;

export class Breakers {
  readonly #catalog: Catalog;
  readonly #observer: Observer;
  readonly #onChange: (() => void) | undefined;
  readonly #context: BreakerContext;
  readonly #breakers = new WeakMap<Gate, Breaker>();
  /** Those that are not closed. */
  readonly #broken = new Set<Breaker>();
  #permit: Permit = 1;

  constructor({ catalog, clock, random, observer, onChange }: BreakersOptions) {
    this.#onChange = onChange;
    this.#catalog = catalog;
    this.#observer = observer;
    this.#context = {
      clock,
      random: random.fork('breakers'),
      nextPermit: () => ++this.#permit,
      changed: (breaker, opened) => this.#changed(breaker, opened),
    };
  }

  /** Leave to send an attempt, 0 if refused (never for what was picked in this turn). One outcome below follows each permit. */
  admit(offer: Offer): Permit {
    if (offer.gate.state === 'closed' && offer.server.gate.state === 'closed') return this.#permit;
    return this.#admitProbe(offer);
  }

  /** The server answered with a result. */
  succeeded(offer: Offer, permit: Permit): void {
    if (!offer.gate.isTracked && !offer.server.gate.isTracked) return;
    this.#breakers.get(offer.server.gate)?.succeeded(permit);
    this.#breakers.get(offer.gate)?.succeeded(permit);
  }

  /** The attempt ended with an error; its code says what that means (B6). */
  failed(offer: Offer, permit: Permit, failure: AttemptFailure): void {
    switch (meaningOf(offer, failure)) {
      case 'connectionFailed':
        this.#breakers.get(offer.gate)?.abandoned(permit);
        return this.#breakerOf({ server: offer.server, offer: undefined }).failed(permit, failure.code, true);
      case 'functionFailed':
        this.#breakers.get(offer.server.gate)?.abandoned(permit);
        return this.#breakerOf({ server: offer.server, offer }).failed(permit, failure.code, false);
      case 'answered':
        return this.succeeded(offer, permit);
      case 'refused':
        this.#breakers.get(offer.server.gate)?.succeeded(permit);
        return this.#breakers.get(offer.gate)?.abandoned(permit);
      case 'nothing':
        return this.abandoned(offer, permit);
    }
  }

  /** The attempt says nothing: given up, or never sent. */
  abandoned(offer: Offer, permit: Permit): void {
    if (!offer.gate.isTracked && !offer.server.gate.isTracked) return;
    this.#breakers.get(offer.server.gate)?.abandoned(permit);
    this.#breakers.get(offer.gate)?.abandoned(permit);
  }

  /** A link to the server has just been opened: its probe is granted at once. */
  linkOpened(server: ServerState): void {
    if (server.gate.state === 'open') this.#breakers.get(server.gate)?.grant();
  }

  /** The breakers that are not closed. */
  describe(): readonly BreakerView[] {
    this.#forgetGone();
    return [...this.#broken].map(({ place, gate }) => ({ ...placeText(place), state: gate.state, untilMs: gate.untilMs }));
  }

  /** Drops all timers; breakers stay as they are. */
  close(): void {
    for (const breaker of this.#broken) breaker.stop();
  }

  #admitProbe(offer: Offer): Permit {
    const gates = [offer.server.gate, offer.gate];
    if (gates.some((gate) => gate.state === 'open' || gate.state === 'probing')) return 0;
    const permit = ++this.#permit;
    for (const gate of gates) if (gate.state === 'ready') this.#breakers.get(gate)?.startProbe(permit);
    return permit;
  }

  #breakerOf(place: BreakerPlace): Breaker {
    const { gate } = place.offer ?? place.server;
    const known = this.#breakers.get(gate);
    if (known) return known;
    const breaker = new Breaker(place, place.offer ? functionRule() : serverRule(), this.#context);
    this.#breakers.set(gate, breaker);
    return breaker;
  }

  #changed(breaker: Breaker, opened: { readonly forMs: number; readonly code: ErrorCode } | undefined): void {
    const { state } = breaker.gate;
    if (state === 'closed') this.#broken.delete(breaker);
    else this.#broken.add(breaker);
    this.#catalog.touch();
    this.#onChange?.();
    const place = placeText(breaker.place);
    if (opened) this.#observer.emit({ kind: 'breaker.opened', ...place, ...opened });
    else if (state === 'ready') this.#observer.emit({ kind: 'breaker.halfOpened', ...place });
    else if (state === 'closed') this.#observer.emit({ kind: 'breaker.closed', ...place });
    if (opened) this.#forgetGone();
  }

  /** Breakers of servers and offers that are no longer in the catalog. */
  #forgetGone(): void {
    for (const breaker of this.#broken) {
      if (this.#isThere(breaker.place)) continue;
      breaker.stop();
      this.#broken.delete(breaker);
    }
  }

  #isThere({ server, offer }: BreakerPlace): boolean {
    if (!offer) return this.#catalog.findServer(server.instance) === server;
    return this.#catalog.findOffer(server.instance, offer.record.name, offer.record.version) === offer;
  }
}

function serverRule(): BreakerRule {
  const rule = new ConsecutiveBreaker(serverFailuresMax);
  return {
    success() {
      rule.success();
      return true;
    },
    failure: () => rule.failure(),
  };
}

function functionRule(): BreakerRule {
  const rule = new CountBreaker(functionCalls);
  return {
    success(isProbe) {
      rule.success(stateOf(isProbe));
      return false;
    },
    failure: (isProbe) => rule.failure(stateOf(isProbe)),
  };
}

function stateOf(isProbe: boolean): CircuitState {
  return isProbe ? CircuitState.HalfOpen : CircuitState.Closed;
}

type Meaning = 'connectionFailed' | 'functionFailed' | 'answered' | 'refused' | 'nothing';

function meaningOf(offer: Offer, { code, elapsedMs }: AttemptFailure): Meaning {
  if (errorTable[code].isBreakerFailure) return 'connectionFailed';
  switch (code) {
    case 'deadline_exceeded':
      return elapsedMs >= fairMsOf(offer) ? 'functionFailed' : 'nothing';
    case 'overloaded':
    case 'draining':
    case 'not_offered_here':
      return 'refused';
    case 'cancelled':
    case 'closed':
      return 'nothing';
    default:
      return 'answered';
  }
}

/** The time after which no answer is the function's fault: most of its own limit, or twice what it usually takes at most. */
function fairMsOf({ record, stats }: Offer): number {
  const limitMs = record.timeoutMs ?? Number.POSITIVE_INFINITY;
  return Math.min(limitMs * limitShare, Math.max(fairMsMin, 2 * stats.p95Ms));
}

function placeText({ server, offer }: BreakerPlace): { readonly server: string; readonly function: string | undefined } {
  return { server: server.name, function: offer?.record.name };
}
