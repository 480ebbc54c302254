/**
 * How many of the last calls were refused for want of room: an average in which the newest weigh most. Places of a function have one
 * (admission.ts), and the event loop that all functions of a process share (loop-load.ts).
 */

/** Of the newest call: 14 refused in a row make it over a half. */
const weight = 0.05;
/** Over this share, most are. */
const mostShare = 0.5;

export class RefusedShare {
  #share = 0;

  get isMost(): boolean {
    return this.#share > mostShare;
  }

  note(isRefused: boolean): void {
    this.#share += ((isRefused ? 1 : 0) - this.#share) * weight;
  }

  /** What was before says nothing any more. */
  forget(): void {
    this.#share = 0;
  }
}
