/**
 * The contract of a state machine: input and time in, effects and the next deadline out.
 *
 * C1 synchronous, never calls out; C2 never throws on what a peer sent, always asserts on what our own
 * code got wrong; C3 a wake before its time, or twice, is harmless; C4 every `handle` is bounded;
 * C5 same inputs, same times, same seed: same effects, byte for byte.
 * Driving one (timers, sockets, disks) is `fabric/link/pump.ts`.
 */

export interface Machine<Input, Effect> {
  /** Takes one input at `nowMs` (monotonic milliseconds). A wake is an input of the machine's own choosing. */
  handle(input: Input, nowMs: number): void;
  /** Empties and returns the effects since the last take, in the order in which they must be executed. */
  takeEffects(): readonly Effect[];
  /** When the machine next wants its wake input, in the time of `nowMs`; `Infinity` for never. */
  nextWakeMs(): number;
}
