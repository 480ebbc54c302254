/**
 * A terminal that is drawn on: the whole of it, and keys one by one, until it is given back.
 *
 * S1 only lines that differ from the last drawing are written, in one write: nothing flickers.
 * S2 closed, the terminal is as it was: its former contents, its cursor, its line-wise input.
 */

/** The part of a terminal that this needs; process.stdin and process.stdout are one. */
export interface Tty {
  readonly input: {
    setRawMode(isRaw: boolean): unknown;
    setEncoding(encoding: 'utf8'): unknown;
    on(event: 'data', listener: (text: string) => void): unknown;
    off(event: 'data', listener: (text: string) => void): unknown;
    resume(): unknown;
    pause(): unknown;
  };
  readonly output: {
    readonly columns: number;
    readonly rows: number;
    write(text: string): unknown;
    on(event: 'resize', listener: () => void): unknown;
    off(event: 'resize', listener: () => void): unknown;
  };
}

export interface ScreenListener {
  read(text: string): void;
  resized(): void;
}

const taken = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const given = '\u001b[?7h\u001b[?25h\u001b[?1049l';
/** Terminals that know it show what is between the two at once. */
const together = ['\u001b[?2026h', '\u001b[?2026l'] as const;

/** Of a terminal that does not know its own. */
const sizeDefault = { columns: 80, rows: 24 } as const;

export class Screen {
  readonly #tty: Tty;
  readonly #read: (text: string) => void;
  readonly #resized: () => void;
  #lines: readonly string[] | undefined;

  constructor(tty: Tty, listener: ScreenListener) {
    this.#tty = tty;
    this.#read = (text) => listener.read(text);
    this.#resized = () => {
      this.#lines = undefined;
      listener.resized();
    };
    const { input, output } = tty;
    output.write(taken);
    output.on('resize', this.#resized);
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.on('data', this.#read);
    input.resume();
  }

  get columns(): number {
    return this.#tty.output.columns || sizeDefault.columns;
  }

  get rows(): number {
    return this.#tty.output.rows || sizeDefault.rows;
  }

  /** S1. */
  draw(lines: readonly string[]): void {
    const before = this.#lines;
    const count = Math.max(lines.length, before?.length ?? 0);
    let text = before ? '' : '\u001b[2J';
    for (let at = 0; at < count; at += 1) if (!before || before[at] !== lines[at]) text += `\u001b[${at + 1};1H\u001b[K${lines[at] ?? ''}`;
    this.#lines = lines;
    if (text !== '') this.#tty.output.write(`${together[0]}${text}${together[1]}`);
  }

  /** S2. */
  close(): void {
    const { input, output } = this.#tty;
    input.off('data', this.#read);
    output.off('resize', this.#resized);
    input.setRawMode(false);
    input.pause();
    output.write(given);
  }
}
