/**
 * Watches of the catalog over sessions: items as `heddle.v1.CatalogNews`, under credit, until the asker cancels.
 *
 * W1 an asker that does not grant credit has at most `watchCreditBytes` and one item under way; the rest is coalesced (D2).
 * W2 changes wait `newsMs` for company; what was there at the start does not.
 * W3 a watch ends with the proof under which it began, unless that was renewed.
 * W4 at most `watchersMax` watch one server, of whatever language.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import { encodeCatalogNews } from '../../wire/catalog-news.ts';
import type { CreditFrame, EndFrame, ItemFrame, WatchFrame } from '../../wire/frame.ts';
import { itemCostBytes } from '../../wire/stream-frames.ts';
import type { Incoming } from '../link/conversation.ts';
import type { Peer } from '../link/peer.ts';
import { unknownSubject } from '../link/refusals.ts';
import { failure } from '../link/responses.ts';
import type { Term } from '../link/term.ts';
import { cancelledVerdict } from '../link/verdicts.ts';
import type { CatalogFeed, CatalogWatcher, Shows } from './catalog-feed.ts';

/** What may be under way to an asker that has granted nothing yet. */
export const watchCreditBytes = 1024 * 1024;
/** Watchers of one server. */
export const watchersMax = 1_000;
/** Higher: fewer items; lower: watchers know earlier. */
const newsMs = 20;

export interface CatalogWatchesOptions {
  readonly feed: CatalogFeed;
  readonly clock: Clock;
  readonly server: string;
}

/** For whom a watch is: what they may know of, and for how long. */
export interface Watching {
  readonly shows?: Shows | undefined;
  readonly term?: Term | undefined;
}

export class CatalogWatches {
  readonly #options: CatalogWatchesOptions;

  constructor(options: CatalogWatchesOptions) {
    this.#options = options;
  }

  /** Answers `frame`, for as long as the peer wants. Throws `overloaded`, or `protocol_error` for what cannot be watched. */
  watch(frame: WatchFrame, peer: Peer, { shows, term }: Watching = {}): void {
    const { feed, clock, server } = this.#options;
    if (typeof frame.about === 'number') throw unknownSubject('watch', frame.about);
    if (frame.about !== 'catalog')
      throw new HeddleError('protocol_error', { problem: 'a run is followed by attaching to it' }, { executed: 'no' });
    checkRoom(feed, server);
    const watch = new PeerWatch(clock, peer, frame.id);
    peer.serve(frame.id, watch);
    watch.start(feed, shows);
    if (term) watch.endWith(term);
  }
}

/** Throws `overloaded` when a server has as many watchers as it takes. */
export function checkRoom(feed: CatalogFeed, server: string): void {
  if (feed.watchers >= watchersMax) throw new HeddleError('overloaded', { function: 'Watch', server, retryAfterMs: 1_000 });
}

class PeerWatch implements Incoming {
  readonly #clock: Clock;
  readonly #peer: Peer;
  readonly #id: number;
  #watcher: CatalogWatcher | undefined;
  #credit = watchCreditBytes;
  #cancelTimer: CancelTask | undefined;
  #leaveTerm: CancelTask | undefined;

  constructor(clock: Clock, peer: Peer, id: number) {
    this.#clock = clock;
    this.#peer = peer;
    this.#id = id;
  }

  start(feed: CatalogFeed, shows: Shows | undefined): void {
    const handlers = {
      onNews: () => {
        this.#cancelTimer ??= this.#clock.schedule(newsMs, () => this.#send());
      },
      onEnd: (error: HeddleError) => this.#end(error),
    };
    this.#watcher = feed.watch(handlers, shows);
    this.#send();
  }

  /** W3. */
  endWith(term: Term): void {
    if (this.#watcher) this.#leaveTerm = term.whenOver((error) => this.#end(error));
  }

  onStream(frame: ItemFrame | CreditFrame | EndFrame): void {
    if (frame.kind !== 'credit') return;
    const wasSpent = this.#credit <= 0;
    this.#credit = Math.min(this.#credit + frame.bytes, watchCreditBytes);
    if (wasSpent && this.#credit > 0 && !this.#cancelTimer) this.#send();
  }

  cancel(reason: string): void {
    this.#end(cancelledVerdict(reason, 'no'));
  }

  #end(error: HeddleError): void {
    this.#stop();
    this.#peer.reply(this.#id, { outcome: failure(error) });
  }

  #send(): void {
    this.#cancelTimer = undefined;
    while (this.#watcher && this.#credit > 0) {
      const news = this.#watcher.take();
      if (!news) return;
      const bytes = encodeCatalogNews(news);
      this.#credit -= bytes.length + itemCostBytes;
      this.#peer.send({ kind: 'item', id: this.#id, value: { encoding: 'bytes', bytes }, isFromOpener: false });
    }
  }

  #stop(): void {
    this.#cancelTimer?.();
    this.#leaveTerm?.();
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
