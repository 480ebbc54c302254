/**
 * What happened in a run: a digest of every packet with its time, and the story in words.
 */

import { createHash } from 'node:crypto';

import type { Packet } from '../transport/memory-pipe.ts';

/** Lines of the story that are kept, the newest. */
const linesMax = 2_000;

export class Trace {
  readonly #digest = createHash('sha256');
  readonly #nowMs: () => number;
  readonly #lines: string[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A packet reaches its end. */
  packet(from: string, to: string, packet: Packet): void {
    this.#digest.update(`${this.#nowMs()} ${from}>${to} ${packet.kind}\n`);
    if ('bytes' in packet) this.#digest.update(packet.bytes);
    if ('value' in packet) this.#digest.update(packet.value);
  }

  /** Something worth reading. */
  tell(text: string): void {
    const line = `${this.#nowMs().toFixed(3)} ${text}`;
    this.#digest.update(`${line}\n`);
    this.#lines.push(line);
    if (this.#lines.length > linesMax) this.#lines.shift();
  }

  get story(): readonly string[] {
    return [...this.#lines];
  }

  /** 64 hexadecimal digits. */
  digest(): string {
    return this.#digest.copy().digest('hex');
  }
}
