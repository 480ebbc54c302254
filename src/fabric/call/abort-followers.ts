/**
 * Who is given up when a signal aborts: one listener a signal, however many calls follow it. (Node keeps listeners in a list
 * that it walks to add and to remove one: 100,000 calls with one signal would hold the event loop up for half a minute.)
 *
 * G1 following and leaving cost O(1); with the last follower the listener goes.
 * G2 the newest is told first: a call that waits for room leaves before those ahead of it make room.
 */

type Follower = (reason: unknown) => void;

interface Followed {
  readonly followers: Set<Follower>;
  readonly onAbort: () => void;
}

export class AbortFollowers {
  readonly #followed = new WeakMap<AbortSignal, Followed>();

  /** `follower` must be followed once at a time, and `signal` not have aborted. Returns what ends it. */
  follow(signal: AbortSignal, follower: Follower): () => void {
    const { followers, onAbort } = this.#followed.get(signal) ?? this.#listenTo(signal);
    followers.add(follower);
    return () => {
      if (!followers.delete(follower) || followers.size > 0) return;
      signal.removeEventListener('abort', onAbort);
      this.#followed.delete(signal);
    };
  }

  #listenTo(signal: AbortSignal): Followed {
    const followers = new Set<Follower>();
    const onAbort = (): void => {
      this.#followed.delete(signal);
      for (const follower of [...followers].reverse()) if (followers.delete(follower)) follower(signal.reason);
    };
    const followed = { followers, onAbort };
    this.#followed.set(signal, followed);
    signal.addEventListener('abort', onAbort, { once: true });
    return followed;
  }
}
