/**
 * What the peers of one listener make it hold, and what becomes of those who make it hold too much.
 */

import type { GrpcSockets } from './grpc-sockets.ts';
import type { Acceptor } from './transport.ts';
import { keptLimits, Unfinished, unreadLimits } from './unfinished.ts';

/** What peers have begun and not ended, what they leave unread, and the large values and frames that they have sent in part. */
export interface Holdings {
  readonly unfinished: Unfinished;
  readonly unread: Unfinished;
  readonly kept: Unfinished;
}

/** `onDropped` is told of each connection that is cut off. */
export function holdingsOf(sockets: GrpcSockets, onDropped: NonNullable<Acceptor['dropped']> = () => {}): Holdings {
  const cut = (peer: string, why: string): void => {
    sockets.claim(peer)?.destroy();
    onDropped({ remoteAddress: peer, why });
  };
  return {
    unfinished: new Unfinished((peer, bytes) => cut(peer, `it held ${bytes} bytes of messages that it did not end`)),
    unread: new Unfinished((peer, bytes) => cut(peer, `it left ${bytes} bytes unread`), unreadLimits),
    kept: new Unfinished((peer, bytes) => cut(peer, `it sent ${bytes} bytes of large values in part`), keptLimits),
  };
}
