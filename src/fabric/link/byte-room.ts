/**
 * How many bytes may be on their way in at once: who asks first gets room first, and one is always let in.
 */

import { onAbort } from '../../base/aborts.ts';
import { deferred } from '../../base/deferred.ts';

interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
}

export class ByteRoom {
  readonly #bytesMax: number;
  readonly #waiting = new Set<Waiter>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Resolves when there is room, with what gives it back. Rejects with the reason of the signal. */
  async enter(bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const entered = deferred<void>();
    const waiter = { bytes, enter: entered.resolve };
    this.#waiting.add(waiter);
    this.#letIn();
    const leaveSignal = onAbort(signal, (reason) => {
      if (this.#waiting.delete(waiter)) entered.reject(reason);
      this.#letIn();
    });
    await entered.promise.finally(leaveSignal);
    return () => this.#leave(bytes);
  }

  #leave(bytes: number): void {
    this.#bytes -= bytes;
    this.#letIn();
  }

  #letIn(): void {
    for (const waiter of this.#waiting) {
      if (this.#bytes > 0 && this.#bytes + waiter.bytes > this.#bytesMax) return;
      this.#waiting.delete(waiter);
      this.#bytes += waiter.bytes;
      waiter.enter();
    }
  }
}
