/**
 * `heddle top`: what the fabric does, live in a terminal; anywhere else how it is now, once.
 *
 * T1 it reads what the dashboard reads, over any one server, and moves to another when that is gone; while none answers it says so,
 *    shows what it knew last, and goes on trying.
 * T2 rates need two answers: what is printed once is asked for twice, `intervalMs` apart.
 * T3 it ends by `q` or Ctrl-C, and leaves the terminal as it was.
 */

import { delay, systemClock } from '../base/clock.ts';
import { type Client, HeddleError } from '../index.ts';
import { type ConnectFlags, withSignal } from './connection.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { aborted } from './interrupts.ts';
import { Screen, type Tty } from './screen.ts';
import type { Terminal } from './terminal.ts';
import { chosenBy, firstChoice, interruptKey, keysIn } from './top-keys.ts';
import { askFabric, TopModel } from './top-model.ts';
import { pageOf, plainPage } from './top-page.ts';
import { sortedAtFirst } from './top-tables.ts';

export interface TopFlags extends ConnectFlags {
  readonly once?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly intervalMs: number;
}

/** An answer that takes longer, and than three intervals, is none: the server is gone, or as good as. */
const answerMsMin = 1_000;

export async function top(terminal: Terminal, flags: TopFlags): Promise<ExitCode> {
  const tty = flags.once || flags.json ? undefined : terminal.tty?.();
  return withSignal(flags, async (client, signal) => {
    if (tty) return new Live(terminal, client, { tty, signal, flags }).run();
    await printOnce(terminal, client, { signal, flags });
    return exitCodes.done;
  });
}

/** T2. */
async function printOnce(
  terminal: Terminal,
  client: Client,
  { signal, flags }: { readonly signal: AbortSignal; readonly flags: TopFlags },
): Promise<void> {
  const model = new TopModel();
  model.take(await askFabric(client, systemClock.wallMs()));
  await delay(systemClock, flags.intervalMs, signal);
  if (signal.aborted) throw new HeddleError('cancelled', { reason: 'interrupted' }, { executed: 'no' });
  model.take(await askFabric(client, systemClock.wallMs()));
  const view = model.view();
  const usual = (tab: keyof typeof sortedAtFirst) => ({ sort: sortedAtFirst[tab], isReversed: false, filter: '' });
  terminal.out(flags.json ? JSON.stringify(view) : plainPage(view, usual));
}

interface LiveParts {
  readonly tty: Tty;
  readonly signal: AbortSignal;
  readonly flags: TopFlags;
}

class Live {
  readonly #client: Client;
  readonly #parts: LiveParts;
  readonly #hasColour: boolean;
  readonly #url: string;
  readonly #model = new TopModel();
  readonly #ended = new AbortController();
  readonly #over = aborted(this.#ended.signal);
  readonly #screen: Screen;
  #choice = firstChoice;
  #trouble: string | undefined;
  #code: ExitCode = exitCodes.done;

  constructor({ environment }: Terminal, client: Client, parts: LiveParts) {
    this.#client = client;
    this.#parts = parts;
    this.#hasColour = !environment['NO_COLOR'];
    this.#url = parts.flags.url ?? environment['HEDDLE_URL'] ?? '';
    this.#screen = new Screen(parts.tty, { read: (text) => this.#read(text), resized: () => this.#draw() });
  }

  async run(): Promise<ExitCode> {
    const { signal, flags } = this.#parts;
    const interrupted = (): void => this.#end(exitCodes.interrupted);
    signal.addEventListener('abort', interrupted, { once: true });
    try {
      while (!this.#ended.signal.aborted) {
        this.#draw();
        await Promise.race([this.#ask(), this.#over]);
        this.#draw();
        await delay(systemClock, flags.intervalMs, this.#ended.signal);
      }
    } finally {
      signal.removeEventListener('abort', interrupted);
      this.#screen.close();
    }
    return this.#code;
  }

  /** T1. */
  async #ask(): Promise<void> {
    const late = new AbortController();
    const patienceMs = Math.max(answerMsMin, 3 * this.#parts.flags.intervalMs);
    const tooLate = delay(systemClock, patienceMs, late.signal).then(() => undefined);
    try {
      const answer = await Promise.race([askFabric(this.#client, systemClock.wallMs()), tooLate]);
      if (answer) this.#model.take(answer);
      this.#told(answer ? undefined : 'no server answers');
    } catch (error) {
      this.#told(HeddleError.is(error) ? error.message : String(error));
    } finally {
      late.abort();
    }
  }

  #told(trouble: string | undefined): void {
    if ((trouble === undefined) !== (this.#trouble === undefined))
      this.#model.note(systemClock.wallMs(), [trouble === undefined ? 'servers answer again' : trouble]);
    this.#trouble = trouble;
  }

  #read(text: string): void {
    for (const key of keysIn(text)) {
      const next = chosenBy(key, this.#choice, { view: this.#model.view(), rows: this.#screen.rows });
      if (!next) return this.#end(key === interruptKey ? exitCodes.interrupted : exitCodes.done);
      this.#choice = next;
    }
    this.#draw();
  }

  #draw(): void {
    const { columns, rows } = this.#screen;
    const at = { paper: { columns, rows, hasColour: this.#hasColour }, source: { url: this.#url, trouble: this.#trouble } };
    this.#screen.draw(pageOf(this.#model.view(), this.#choice, at));
  }

  #end(code: ExitCode): void {
    this.#code = code;
    this.#ended.abort();
  }
}
