/**
 * How many lines of one kind a log takes: what is said too often is counted, and the count is said.
 *
 * R1 of each kind `perSecondMax` lines within a second from its first; what is left out is told once that second is over.
 * R2 no timer while nothing is left out.
 */

import type { CancelTask, Clock } from '../base/clock.ts';

const windowMs = 1_000;

interface Window {
  readonly sinceMs: number;
  lines: number;
  dropped: number;
  cancel: CancelTask | undefined;
}

export class LogRate {
  readonly #clock: Clock;
  readonly #perSecondMax: number;
  readonly #tell: (kind: string, dropped: number) => void;
  /** By kind: as many as there are kinds of events. */
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, perSecondMax: number, tell: (kind: string, dropped: number) => void) {
    this.#clock = clock;
    this.#perSecondMax = perSecondMax;
    this.#tell = tell;
  }

  /** Whether a line of this kind is written now. */
  takes(kind: string): boolean {
    const nowMs = this.#clock.nowMs();
    const known = this.#windows.get(kind);
    const window = known && nowMs - known.sinceMs < windowMs ? known : this.#open(kind, nowMs);
    window.lines += 1;
    if (window.lines <= this.#perSecondMax) return true;
    window.dropped += 1;
    window.cancel ??= this.#clock.schedule(windowMs - (nowMs - window.sinceMs), () => this.#end(kind));
    return false;
  }

  /** Tells what is not told yet, and drops the timers. */
  close(): void {
    for (const kind of [...this.#windows.keys()]) this.#end(kind);
  }

  #open(kind: string, nowMs: number): Window {
    this.#end(kind);
    const window: Window = { sinceMs: nowMs, lines: 0, dropped: 0, cancel: undefined };
    this.#windows.set(kind, window);
    return window;
  }

  #end(kind: string): void {
    const window = this.#windows.get(kind);
    this.#windows.delete(kind);
    window?.cancel?.();
    if (window && window.dropped > 0) this.#tell(kind, window.dropped);
  }
}
