/**
 * How much each stream that one process reads may have under way: a lot while they are few, little when they are many.
 *
 * All of them together stay below `wideWindowsMax` large windows and a small one for every further stream.
 */

import { wideWindowsMax, windowBytes, windowBytesMin } from '../link/stream-port.ts';

export class StreamWindows {
  #wide = 0;

  /** The window of a stream that begins; `close` takes it back. */
  open(): number {
    if (this.#wide >= wideWindowsMax) return windowBytesMin;
    this.#wide += 1;
    return windowBytes;
  }

  /** A stream with this window is over. */
  close(bytes: number): void {
    if (bytes === windowBytes) this.#wide -= 1;
  }
}
