/**
 * How many calls of a function had better run at once, found from how long they take.
 *
 * D1 only a function whose places are all taken teaches: what is never full is never limited, and what has not been full
 *    for `calmMs` has its most again.
 * D2 the limit stays between `placesMin` and the most; a step needs a whole turn of calls at the limit, and `callsMin` after it.
 * D3 a function that only waits (its calls take as long, however many there are) keeps its most.
 */

/** Lowest limit. */
export const placesMin = 4;
/** Without a full moment for this long, in milliseconds, nothing is limited any more. */
const calmMs = 10_000;
/** With nothing to gain below the most, the next look comes after so many times what this one took, and this long at least. */
const rest = { factor: 20, msMin: 30_000 } as const;
/** Calls a window has at least, how long it lasts at least in milliseconds, and how often all places change hands in it. */
const window = { callsMin: 250, msMin: 50, turns: 3 } as const;
/**
 * a / (a + 1): near what is known to be enough throughput weighs six times as much as time (a = 6), so that a place too many
 * is kept. Well over it, and while that is still looked for, chance must not do for room: a = 1.
 */
const elasticityMax = { near: 0.86, far: 0.5 } as const;
/** Times as many as enough that still are near it. */
const nearFactor = 2;
/** Time that follows the limit less than this shows room beyond doubt. */
const elasticityClear = 0.05;
/** Factors of a step; `far`: of one down while room for the calls has not been found yet. */
const step = { down: 0.85, far: 0.5, up: 1.2 } as const;
/** Over what a far step shows to be enough. */
const headroom = 1.2;

/**
 * The rule is Kleinrock's power (Power and deterministic rules of thumb, ICC 1979), in its general form
 * throughput^a / time: at a full limit L throughput is L / time (Little), so that power grows with L exactly while
 * e = d ln(time) / d ln(L) is under a / (a + 1). The limit climbs it as TCP Vegas does (Brakmo and Peterson, 1995): one window
 * of calls at one limit, another at the next, and the sign decides. Gradients against a lowest or a long-term time
 * (Netflix's gradient2, Envoy's adaptive concurrency) were rejected: both take calls that wait for long for an overload,
 * and the former lets the limit drift up under a standing one.
 */
export class AdaptiveLimit {
  readonly #most: number;
  #limit: number;
  /** Calls that ran under the limit before this one and teach nothing. */
  #stale = 0;
  #calls = 0;
  #sumMs = 0;
  #sinceMs = 0;
  #fullAtMs = Number.NEGATIVE_INFINITY;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  /** When the limit was last lowered from the most. */
  #leftMostAtMs = 0;
  /** The window before: its limit (0: there is none) and its mean time. */
  #limitBefore = 0;
  #meanBefore = 0;
  /** No room for the calls was found yet since the limit was the most. */
  #isFalling = true;
  /** What was found to be enough. */
  #enough = 0;

  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
    this.#stale = most;
  }

  /** A call has ended after `elapsedMs`; `isFull`: until then every place was taken. Gives the limit from now on. */
  ended(elapsedMs: number, nowMs: number, isFull: boolean): number {
    if (!isFull) {
      if (this.#limit < this.#most && nowMs - this.#fullAtMs > calmMs) this.#change(this.#most, nowMs);
      return this.#limit;
    }
    if (nowMs - this.#fullAtMs > calmMs) this.#change(this.#most, nowMs);
    this.#fullAtMs = nowMs;
    if (nowMs < this.#restsUntilMs) return this.#limit;
    if (this.#stale > 0) {
      this.#stale -= 1;
      this.#sinceMs = nowMs;
      return this.#limit;
    }
    this.#calls += 1;
    this.#sumMs += elapsedMs;
    if (
      this.#calls >= Math.max(window.callsMin, (this.#isFalling ? 1 : window.turns) * this.#limit) &&
      nowMs - this.#sinceMs >= window.msMin
    )
      this.#decide(nowMs);
    return this.#limit;
  }

  #decide(nowMs: number): void {
    const limit = this.#limit;
    const meanMs = this.#sumMs / this.#calls;
    const wanted = this.#wanted(limit, meanMs);
    const next = Math.min(Math.max(wanted, Math.min(placesMin, this.#most)), this.#most);
    if (limit === this.#most) this.#leftMostAtMs = nowMs;
    else if (next === this.#most) this.#restsUntilMs = nowMs + Math.max(rest.msMin, rest.factor * (nowMs - this.#leftMostAtMs));
    this.#change(next, nowMs);
    this.#limitBefore = next === limit ? 0 : limit;
    this.#meanBefore = meanMs;
  }

  #wanted(limit: number, meanMs: number): number {
    const before = this.#limitBefore;
    // With nothing to compare with: look at what is below, or, at the bottom, above.
    if (before === 0) return limit > placesMin ? this.#lower(limit) : Math.ceil(limit * step.up);
    const elasticity = this.#elasticity(meanMs);
    const isNear = limit <= nearFactor * this.#enough;
    if (elasticity > (isNear ? elasticityMax.near : elasticityMax.far)) return this.#lower(limit);
    if (elasticity < elasticityClear) this.#enough = Math.max(this.#enough, limit);
    if (!this.#isFalling) return Math.ceil(limit * step.up);
    this.#isFalling = false;
    // What went through before (Little) at the time that calls take now is what there was room for.
    this.#enough = before * (meanMs / this.#meanBefore);
    return Math.min(Math.ceil(this.#enough * headroom), before);
  }

  #lower(limit: number): number {
    return Math.floor(limit * (this.#isFalling ? step.far : step.down));
  }

  /** How time has followed the limit since the window before: 0 not at all, 1 in proportion. */
  #elasticity(meanMs: number): number {
    return Math.log(meanMs / this.#meanBefore) / Math.log(this.#limit / this.#limitBefore);
  }

  #change(limit: number, nowMs: number): void {
    this.#stale = Math.max(this.#limit, limit);
    this.#limit = limit;
    this.#limitBefore = 0;
    if (limit === this.#most) {
      this.#isFalling = true;
      this.#enough = 0;
    }
    this.#calls = 0;
    this.#sumMs = 0;
    this.#sinceMs = nowMs;
  }
}
