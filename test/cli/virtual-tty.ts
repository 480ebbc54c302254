/** A terminal that is not there: what was written to it, as the lines that a person would see, and keys that a test presses. */

import { EventEmitter } from 'node:events';
import type { Tty } from '../../src/cli/screen.ts';

const started = '\u001b';
const sequence = new RegExp(`${started}\\[(\\??)([0-9;]*)([A-Za-z])|([^${started}])`, 'gu');

export class VirtualTty implements Tty {
  readonly input: Tty['input'];
  readonly output: Tty['output'];
  columns: number;
  rows: number;
  isRaw = false;
  /** Modes that are on: 1049 is the other page, 25 the cursor, 7 the wrapping of long lines. */
  readonly modes = new Set(['25', '7']);
  /** What was written, write by write. */
  readonly writes: string[] = [];
  #cells: string[][] = [];
  #at = { row: 0, column: 0 };

  constructor(columns: number, rows: number) {
    [this.columns, this.rows] = [columns, rows];
    this.input = Object.assign(new EventEmitter(), {
      setRawMode: (isRaw: boolean) => {
        this.isRaw = isRaw;
      },
      setEncoding: () => {},
      resume: () => {},
      pause: () => {},
    });
    this.output = Object.assign(new EventEmitter(), {
      columns: 0,
      rows: 0,
      write: (text: string) => this.#write(text),
    });
    Object.defineProperties(this.output, { columns: { get: () => this.columns }, rows: { get: () => this.rows } });
  }

  press(keys: string): void {
    (this.input as unknown as EventEmitter).emit('data', keys);
  }

  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.#cells = this.#cells.slice(0, rows).map((line) => line.slice(0, columns));
    (this.output as unknown as EventEmitter).emit('resize');
  }

  /** Listeners that are left on either side. */
  get listenersLeft(): number {
    return (this.input as unknown as EventEmitter).listenerCount('data') + (this.output as unknown as EventEmitter).listenerCount('resize');
  }

  get lines(): readonly string[] {
    return Array.from({ length: this.rows }, (_, row) => (this.#cells[row] ?? []).join('').trimEnd());
  }

  get text(): string {
    return this.lines.join('\n');
  }

  #write(text: string): void {
    this.writes.push(text);
    for (const [, isMode, numbers = '', command = '', character] of text.matchAll(sequence)) {
      if (character !== undefined) this.#put(character);
      else if (isMode === '?') this.#turn(numbers, command === 'h');
      else this.#obey(command, numbers);
    }
  }

  #turn(mode: string, isOn: boolean): void {
    if (isOn) this.modes.add(mode);
    else this.modes.delete(mode);
  }

  #obey(command: string, numbers: string): void {
    if (command === 'H') {
      const [row = 1, column = 1] = numbers.split(';').map(Number);
      this.#at = { row: row - 1, column: column - 1 };
    } else if (command === 'J') this.#cells = [];
    else if (command === 'K') this.#cells[this.#at.row] = (this.#cells[this.#at.row] ?? []).slice(0, this.#at.column);
    else if (command !== 'm') throw new Error(`a sequence that this terminal does not know: ${numbers}${command}`);
  }

  #put(character: string): void {
    const { row, column } = this.#at;
    if (row >= this.rows || column >= this.columns) throw new Error(`written outside of ${this.columns} x ${this.rows}: ${row}, ${column}`);
    const line = this.#cells[row] ?? [];
    this.#cells[row] = line;
    while (line.length < column) line.push(' ');
    line[column] = character;
    this.#at.column += 1;
  }
}
