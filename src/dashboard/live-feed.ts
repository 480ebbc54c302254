/**
 * The stream of the page: what the fabric does, told to everybody who looks, and gathered only while somebody does.
 *
 * L1 nothing is asked, counted or sent while nobody looks; events alone are kept (recent-events.ts).
 * L2 whoever comes is told everything at once, then what has changed: members within `promptMs` of the event, figures every
 *    `beatMs`, those of other servers as fast as `askedPerSecond` allows.
 * L3 one question to the others is under way at a time, however slow they are and however many look.
 */

import type { CancelTask } from '../base/clock.ts';
import type { DashboardSource } from '../fabric/server/dashboard-port.ts';
import { type EventRow, type FeedMessage, keptOf, runsMax } from './feed.ts';
import { RecentEvents } from './recent-events.ts';
import { functionsMessage, serversMessage } from './rows.ts';

export const beatMs = 1_000;
export const promptMs = 50;
/** Servers that are asked how they are, a second. */
const askedPerSecond = 60;

type Watcher = (message: FeedMessage) => void;

export class LiveFeed {
  readonly #source: DashboardSource;
  readonly #version: string;
  readonly #recent: RecentEvents;
  readonly #watchers = new Set<Watcher>();
  /** The last message of each kind, as text where it is told only when it has changed. */
  readonly #told = new Map<string, string>();
  readonly #last = new Map<string, FeedMessage>();
  #cancelBeat: CancelTask | undefined;
  #cancelPrompt: CancelTask | undefined;
  #areOffersNew = true;
  #newRows: EventRow[] = [];
  #isAsking = false;
  #askAgainMs = 0;

  constructor(source: DashboardSource, version: string) {
    this.#source = source;
    this.#version = version;
    this.#recent = new RecentEvents(source.clock, source.observer);
    this.#recent.listener = (row) => this.#happened(row);
  }

  /** How many look. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** Tells all there is, then what changes; gives what ends that. */
  watch(watcher: Watcher): () => void {
    const { name: server, url } = this.#source;
    watcher({ kind: 'hello', server, url, version: this.#version });
    watcher({ kind: 'events', events: this.#recent.rows });
    for (const message of this.#last.values()) watcher(message);
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#beat();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#rest();
    };
  }

  close(): void {
    this.#watchers.clear();
    this.#rest();
    this.#recent.close();
  }

  #beat(): void {
    this.#cancelBeat = this.#source.clock.schedule(beatMs, () => this.#beat());
    this.#prompt();
    this.#tell({ kind: 'vitals', vitals: [this.#source.vitals()] });
    if (!this.#isAsking && this.#source.clock.nowMs() >= this.#askAgainMs) void this.#askOthers();
  }

  /** Nobody looks: nothing is known of now any more. */
  #rest(): void {
    this.#cancelBeat?.();
    this.#cancelPrompt?.();
    this.#cancelPrompt = undefined;
    this.#told.clear();
    this.#last.clear();
    this.#newRows = [];
    this.#areOffersNew = true;
    this.#askAgainMs = 0;
  }

  /** An event is told soon, together with those that come close after it, and with what it has changed. */
  #happened(row: EventRow): void {
    if (row.kind.startsWith('offer.')) this.#areOffersNew = true;
    if (this.#watchers.size === 0) return;
    this.#newRows.push(row);
    if (row.kind.startsWith('run.')) this.#askAgainMs = 0;
    this.#cancelPrompt ??= this.#source.clock.schedule(promptMs, () => this.#prompt());
  }

  #prompt(): void {
    this.#cancelPrompt?.();
    this.#cancelPrompt = undefined;
    this.#tellIfNew(serversMessage(this.#source.members()));
    if (this.#areOffersNew) this.#tellIfNew(functionsMessage(this.#source.offers()));
    this.#areOffersNew = false;
    if (this.#newRows.length > 0) this.#tell({ kind: 'events', events: keptOf(this.#newRows) });
    this.#newRows = [];
  }

  async #askOthers(): Promise<void> {
    this.#isAsking = true;
    const { clock } = this.#source;
    this.#askAgainMs = clock.nowMs() + Math.max(beatMs / 2, (this.#source.members().length * 1_000) / askedPerSecond);
    try {
      const [vitals, runs] = await Promise.all([this.#source.vitalsElsewhere(), this.#source.runs()]);
      if (vitals.length > 0) this.#tell({ kind: 'vitals', vitals });
      const recent = runs.slice(0, runsMax);
      this.#tellIfNew({ kind: 'runs', runs: recent, more: runs.length - recent.length });
    } finally {
      this.#isAsking = false;
    }
  }

  #tellIfNew(message: FeedMessage): void {
    const text = JSON.stringify(message);
    if (this.#told.get(message.kind) === text) return;
    if (this.#watchers.size > 0) {
      this.#told.set(message.kind, text);
      this.#last.set(message.kind, message);
    }
    this.#tell(message);
  }

  #tell(message: FeedMessage): void {
    for (const watcher of this.#watchers) watcher(message);
  }
}
