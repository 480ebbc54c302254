/**
 * The line below all others that changes as a run goes on.
 *
 * L1 it only writes: the keyboard is not read, so that Ctrl-C is what it is everywhere else. (A spinner of a library takes the
 *    keyboard, and ends the process by itself, as if all were well.)
 * L2 it is one line, however narrow the terminal is: what is too long for it is cut.
 */

import { printable } from '../observe/printable.ts';

/** Where it is drawn: a terminal, which has `columns`, or 0 where it does not know them. */
export interface LineStream {
  write(text: string): unknown;
  readonly columns?: number | undefined;
}

const columnsDefault = 80;
/** To the beginning of the line, and all of it away. */
const wipe = '\r\u001b[K';

export class MovingLine {
  readonly #stream: LineStream;
  #isShown = false;

  constructor(stream: LineStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    // A full line would move on to the next one.
    const shown = [...printable(text)].slice(0, (this.#stream.columns || columnsDefault) - 1).join('');
    this.#stream.write(`${wipe}${shown}`);
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) this.#stream.write(wipe);
    this.#isShown = false;
  }
}
