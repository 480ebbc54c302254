/**
 * The catalog as news: what a watcher has not been told yet. fabric/mesh/catalog-feed.ts makes them.
 */

import type { CatalogBody } from './offer.ts';
import type { ServerStatus } from './server-state.ts';

/** One server as a watcher is told of it. */
export interface CatalogServer {
  readonly name: string;
  /** One per process: a restarted server is another one. */
  readonly instance: string;
  /** `host:port`. */
  readonly url: string;
  readonly status: ServerStatus;
  readonly epoch: number;
  /** Of the server; each function's own come on top. */
  readonly resources: readonly string[];
  /** All that it offers; absent: as told before. */
  readonly offers?: CatalogBody;
}

export interface CatalogNews {
  /** Instances that are no more. */
  readonly gone: readonly string[];
  /** Servers that are new or different. */
  readonly servers: readonly CatalogServer[];
  /** Nothing more is to be told just now. */
  readonly isWhole: boolean;
}
