/**
 * The asking side of a watch of the catalog: one conversation over one session or link, credit granted as news is taken.
 *
 * J1 `onNews` gets every news in order; `onEnd` is called once, last, unless the watch was stopped here.
 */

import type { CatalogNews } from '../../core/catalog/news.ts';
import { HeddleError } from '../../errors.ts';
import { decodeCatalogNews } from '../../wire/catalog-news.ts';
import { fromWireError } from '../../wire/error.ts';
import type { CreditFrame, ItemFrame, ReplyFrame } from '../../wire/frame.ts';
import { itemCostBytes } from '../../wire/stream-frames.ts';
import type { Conversation } from '../link/conversation.ts';
import type { Peer } from '../link/peer.ts';

export interface SessionWatchHandlers {
  /** Something is different; the first ones tell how things are now, `isWhole` on the last of them. */
  onNews(news: CatalogNews): void;
  /** There will be no more: refused, draining, or the session broke (`connection_lost`). */
  onEnd(error: HeddleError): void;
}

/** Starts a watch of the catalog over this peer; gives what stops it. */
export function watchCatalog(peer: Peer, handlers: SessionWatchHandlers): () => void {
  const watch = new SessionWatch(peer, handlers);
  return () => watch.stop();
}

class SessionWatch implements Conversation {
  readonly #peer: Peer;
  readonly #handlers: SessionWatchHandlers;
  readonly #id: number;
  #isOver = false;

  constructor(peer: Peer, handlers: SessionWatchHandlers) {
    this.#peer = peer;
    this.#handlers = handlers;
    this.#id = peer.reserve(this);
    peer.send({ kind: 'watch', id: this.#id, about: 'catalog' });
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#peer.send({ kind: 'cancel', id: this.#id, reason: 'it watches no longer', hasLeft: false });
  }

  onStream(frame: ItemFrame | CreditFrame): void {
    if (this.#isOver || frame.kind !== 'item') return;
    const news = this.#read(frame);
    if (!news) return;
    this.#handlers.onNews(news);
    const bytes = frame.value.bytes.length + itemCostBytes;
    this.#peer.send({ kind: 'credit', id: this.#id, bytes, isFromOpener: true });
  }

  onReply({ outcome }: ReplyFrame): void {
    this.#end(outcome.ok ? new HeddleError('protocol_error', { problem: 'a watch ended without a reason' }) : fromWireError(outcome.error));
  }

  onLost(): void {
    this.#end(new HeddleError('connection_lost', { server: this.#peer.identity.name }));
  }

  /** News that cannot be read ends the watch. */
  #read({ value }: ItemFrame): CatalogNews | undefined {
    try {
      return decodeCatalogNews(value.bytes);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      this.stop();
      this.#handlers.onEnd(error);
      return undefined;
    }
  }

  #end(error: HeddleError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handlers.onEnd(error);
  }
}
