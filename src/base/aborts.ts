/**
 * Following an abort signal: told once, at once when it has fired already.
 *
 * A1 a signal has one listener, however many follow it; with the last of them that goes. (Node keeps listeners in a list that it walks
 *    to add and to remove one, and warns the user of a leak from the eleventh on: 100,000 calls with one signal would hold the
 *    event loop up for half a minute, eleven large results of a run would be a warning.)
 * A2 the newest is told first: a call that waits for room leaves before those ahead of it make room.
 */

type Follower = (reason: unknown) => void;

interface Followed {
  readonly followers: Set<Follower>;
  readonly listener: () => void;
}

/** Who follows a signal is part of the signal, which has no place for it. */
const followedSignals = new WeakMap<AbortSignal, Followed>();
const nothing = (): void => {};

/**
 * Calls back with the reason when the signal fires, or now. Gives what takes the wish back. No signal never fires.
 * `aborted` is a function of this wish alone. Costs O(1).
 */
export function onAbort(signal: AbortSignal | undefined, aborted: Follower): () => void {
  if (!signal) return nothing;
  if (signal.aborted) {
    aborted(signal.reason);
    return nothing;
  }
  const { followers, listener } = followedSignals.get(signal) ?? listenTo(signal);
  followers.add(aborted);
  return () => {
    if (!followers.delete(aborted) || followers.size > 0) return;
    signal.removeEventListener('abort', listener);
    followedSignals.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Followed {
  const followers = new Set<Follower>();
  const listener = (): void => {
    followedSignals.delete(signal);
    for (const follower of [...followers].reverse()) if (followers.delete(follower)) follower(signal.reason);
  };
  const followed = { followers, listener };
  followedSignals.set(signal, followed);
  signal.addEventListener('abort', listener, { once: true });
  return followed;
}
