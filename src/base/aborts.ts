/**
 * Following an abort signal: told once, at once when it has fired already.
 */

const nothing = (): void => {};

/** Calls back with the reason when the signal fires, or now. Gives what takes the wish back. No signal never fires. */
export function onAbort(signal: AbortSignal | undefined, aborted: (reason: unknown) => void): () => void {
  if (!signal) return nothing;
  if (signal.aborted) {
    aborted(signal.reason);
    return nothing;
  }
  const listener = (): void => aborted(signal.reason);
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
