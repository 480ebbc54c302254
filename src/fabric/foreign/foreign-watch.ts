/**
 * The catalog for clients in other languages: `heddle.v1.WatchEvent` messages, made when the client has room for the next.
 */

import { onAbort } from '../../base/aborts.ts';
import { deferred } from '../../base/deferred.ts';
import type { HeddleError } from '../../errors.ts';
import { encodeCatalogEvent } from '../../wire/catalog-news.ts';
import type { CatalogFeed, Shows } from '../mesh/catalog-feed.ts';
import { checkRoom } from '../mesh/catalog-watches.ts';

/** Until the signal aborts. Throws `overloaded` with too many watchers, and what the feed ends with. */
export async function* watchCatalog(watch: {
  readonly feed: CatalogFeed;
  /** Name of this server. */
  readonly server: string;
  readonly signal: AbortSignal;
  readonly shows?: Shows | undefined;
}): AsyncIterable<Uint8Array> {
  const { feed, server, signal, shows } = watch;
  checkRoom(feed, server);
  let news = deferred<void>();
  let end: HeddleError | undefined;
  const handlers = {
    onNews: () => news.resolve(),
    onEnd: (error: HeddleError) => {
      end = error;
      news.resolve();
    },
  };
  const watcher = feed.watch(handlers, shows);
  const leaveSignal = onAbort(signal, () => news.resolve());
  try {
    while (!signal.aborted) {
      if (end) throw end;
      const next = watcher.take();
      if (next) yield encodeCatalogEvent(next);
      else {
        await news.promise;
        news = deferred();
      }
    }
  } finally {
    leaveSignal();
    watcher.close();
  }
}
