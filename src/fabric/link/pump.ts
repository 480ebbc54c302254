/**
 * The one driver of every machine (base/machine.ts): feeds inputs, executes effects in order, arms one timer.
 *
 * Q1 inputs are handled in the order in which they were fed, one at a time; feeding from within an effect queues.
 * Q2 effects are executed in order; one whose execution gives a promise (`persist`) holds up all later ones, and
 *    no input: those are handled, and their effects wait.
 * Q3 there is at most one timer, at the machine's `nextWakeMs`; after `close` there is none.
 * Production and simulation use this same class.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { Machine } from '../../base/machine.ts';

export interface PumpOptions<Input, Effect> {
  readonly machine: Machine<Input, Effect>;
  readonly clock: Clock;
  /** The inputs of a wake, the machine's own wake input last. */
  readonly wake: () => readonly Input[];
  /** A rejection is a defect of the executor: it is thrown from the pump's own turn. */
  readonly execute: (effect: Effect) => void | Promise<void>;
}

export class Pump<Input, Effect> {
  readonly #options: PumpOptions<Input, Effect>;
  readonly #inputs: Input[] = [];
  readonly #effects: Effect[] = [];
  #isHandling = false;
  #isExecuting = false;
  #isClosed = false;
  #cancel: CancelTask | undefined;
  #armedMs = Number.POSITIVE_INFINITY;

  constructor(options: PumpOptions<Input, Effect>) {
    this.#options = options;
  }

  /** Handles one input, now or after those that came before it. */
  feed(input: Input): void {
    this.#inputs.push(input);
    this.#handle();
  }

  #handle(): void {
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      this.#run();
    } finally {
      this.#isHandling = false;
    }
    this.#arm();
  }

  /** When the timer is to run; infinity while there is none. */
  get dueMs(): number {
    return this.#armedMs;
  }

  /** No more wakes. Inputs are still handled. */
  close(): void {
    this.#isClosed = true;
    this.#disarm();
  }

  #run(): void {
    const { machine, clock } = this.#options;
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      machine.handle(input, clock.nowMs());
      const effects = machine.takeEffects();
      if (effects.length > 0) this.#effects.push(...effects);
      this.#execute();
    }
  }

  #execute(): void {
    if (this.#isExecuting) return;
    for (let effect = this.#effects.shift(); effect !== undefined; effect = this.#effects.shift()) {
      const pending = this.#options.execute(effect);
      if (pending) return this.#wait(pending);
    }
  }

  #wait(pending: Promise<void>): void {
    this.#isExecuting = true;
    void pending.then(() => {
      this.#isExecuting = false;
      this.#execute();
    });
  }

  #arm(): void {
    const { machine, clock, wake } = this.#options;
    const wakeMs = machine.nextWakeMs();
    if (this.#isClosed || wakeMs === this.#armedMs) return;
    this.#disarm();
    if (wakeMs === Number.POSITIVE_INFINITY) return;
    this.#armedMs = wakeMs;
    this.#cancel = clock.schedule(wakeMs - clock.nowMs(), () => {
      this.#cancel = undefined;
      this.#armedMs = Number.POSITIVE_INFINITY;
      this.#inputs.push(...wake());
      this.#handle();
    });
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedMs = Number.POSITIVE_INFINITY;
  }
}
