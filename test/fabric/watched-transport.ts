/**
 * A transport of which every link is handed to whoever watches, who gives what is used in its stead.
 */

import type { Acceptor, Dialled, DialOptions, Link, Listener, ListenOptions, Transport } from '../../src/transport/transport.ts';

export type WatchLink = (link: Link) => Link;

export class WatchedTransport implements Transport {
  readonly #inner: Transport;
  readonly #watch: WatchLink;

  constructor(inner: Transport, watch: WatchLink) {
    this.#inner = inner;
    this.#watch = watch;
  }

  listen(options: ListenOptions, acceptor: Acceptor): Promise<Listener> {
    return this.#inner.listen(options, {
      accept: ({ link, hello }) => acceptor.accept({ link: this.#watch(link), hello }),
      ask: (question, request) => acceptor.ask(question, request),
      follow: (stream, request) => acceptor.follow(stream, request),
    });
  }

  async dial(options: DialOptions): Promise<Dialled> {
    const dialled = await this.#inner.dial(options);
    return { ...dialled, link: this.#watch(dialled.link) };
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
