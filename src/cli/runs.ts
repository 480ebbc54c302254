/**
 * `heddle runs`, `heddle cancel RUN` and `heddle why RUN|FUN`: what runs there are, the end of one, and what one, or a call of
 * a function, waits for.
 */

import { cancelRun, describeRun, listRuns, type RunView } from '../fabric/client/run-inspection.ts';
import { type Client, HeddleError } from '../index.ts';
import { type ConnectFlags, withClient } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { reasonText, showProgress } from './progress.ts';
import { runsText, runText } from './run-text.ts';
import { type Terminal, table } from './terminal.ts';

export interface RunsFlags extends ConnectFlags {
  readonly json?: boolean | undefined;
}

export interface CancelFlags extends ConnectFlags {
  readonly reason?: string | undefined;
}

export interface WhyFlags extends ConnectFlags {
  readonly step?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export async function runs(terminal: Terminal, flags: RunsFlags): Promise<void> {
  const list = await withClient(flags, (client) => listRuns(client));
  terminal.out(flags.json ? JSON.stringify(list) : runsText(list));
}

export async function cancel(terminal: Terminal, runId: string, { reason, ...flags }: CancelFlags): Promise<void> {
  await withClient(flags, async (client) => {
    const { run } = await describeRun(client, runId);
    if (run.state !== 'running') return terminal.note(`run ${runId} had ended before: ${run.state}`);
    await cancelRun(client, runId, reason ?? 'cancelled from the command line');
    terminal.note(`run ${runId} is cancelled: steps under way are told, no other starts`);
  });
}

export async function why(terminal: Terminal, name: string, flags: WhyFlags): Promise<void> {
  if (flags.json && flags.follow) throw new UsageError('--follow shows a run to a person; --json prints how it stands now');
  await withClient(flags, async (client) => {
    const view = await findRun(client, name);
    if (view === undefined) return whyFunction(terminal, client, { name, flags });
    if (flags.json || flags.step !== undefined) return printWaits(terminal, flags, await client.why({ run: name, step: flags.step }));
    terminal.out(runText(view));
    if (flags.follow && view.run.state === 'running') await follow(terminal, client, name);
  });
}

/** Undefined where no server knows a run of this name: it may be a function's. */
async function findRun(client: Client, name: string): Promise<RunView | undefined> {
  try {
    return await describeRun(client, name);
  } catch (error) {
    if (HeddleError.is(error, 'unknown_run')) return undefined;
    throw error;
  }
}

async function whyFunction(
  terminal: Terminal,
  client: Client,
  { name, flags }: { readonly name: string; readonly flags: WhyFlags },
): Promise<void> {
  if (flags.step !== undefined || flags.follow) throw new HeddleError('unknown_run', { runId: name });
  const [offers, waits] = [await client.catalog(), await client.why({ function: name })];
  if (!offers.some((offer) => offer.function === name))
    throw new UsageError(`"${name}" is neither a run nor a function: heddle runs lists the one, heddle catalog the other`);
  printWaits(terminal, flags, waits);
}

function printWaits(terminal: Terminal, { json }: WhyFlags, waits: Awaited<ReturnType<Client['why']>>): void {
  if (json) return terminal.out(JSON.stringify(waits));
  if (waits.length === 0) return terminal.out('nothing waits');
  terminal.out(
    table([
      ['WHAT', 'WAITS', 'UNTIL'],
      ...waits.map((wait) => [wait.isUndo ? `undo of ${wait.of}` : wait.of, reasonText(wait), wait.ends]),
    ]),
  );
}

/** Until the run ends: on a terminal the graph is drawn anew as the run goes on, elsewhere each event is a line. */
async function follow(terminal: Terminal, client: Client, runId: string): Promise<void> {
  const run = client.attach(runId);
  if (!terminal.isInteractive) return showProgress(terminal, run.events);
  let lines = 0;
  const draw = async (): Promise<void> => {
    const text = runText(await describeRun(client, runId));
    if (lines > 0) terminal.unsay?.(lines);
    terminal.note(text);
    lines = text.split('\n').length;
  };
  const news = new News(run.events);
  while (await news.next()) await draw();
  await draw();
}

/** Whether there was an event since it was asked last: many that came while one drawing was fetched are one. */
class News {
  #hasNews = false;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(events: AsyncIterable<unknown>) {
    const end = (): void => {
      this.#isOver = true;
      this.#wake?.();
    };
    this.#read(events).then(end, end);
  }

  async next(): Promise<boolean> {
    if (!this.#hasNews && !this.#isOver) await new Promise<void>((resolve) => (this.#wake = resolve));
    const hadNews = this.#hasNews;
    this.#hasNews = false;
    return hadNews && !this.#isOver;
  }

  async #read(events: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of events) {
      this.#hasNews = true;
      this.#wake?.();
    }
  }
}
