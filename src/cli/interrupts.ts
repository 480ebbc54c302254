/**
 * Ctrl-C and SIGTERM, counted: the first asks to finish, the second to stop.
 *
 * I1 the library never touches process signals; this file does, for as long as a command runs.
 * I2 a server process started by another (`heddle dev`) also finishes when the channel to its parent closes.
 */

export interface Interrupts {
  /** Aborts at the first. */
  readonly first: AbortSignal;
  /** Aborts at the second. */
  readonly second: AbortSignal;
  /** Gives the signals back. */
  release(): void;
}

export function listenForInterrupts(): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  const heard = (signal: string): void => (first.signal.aborted ? second : first).abort(new Error(signal));
  const parentGone = (): void => {
    first.abort(new Error('the parent process is gone'));
    second.abort(new Error('the parent process is gone'));
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  process.on('disconnect', parentGone);
  return {
    first: first.signal,
    second: second.signal,
    release: () => {
      process.off('SIGINT', heard);
      process.off('SIGTERM', heard);
      process.off('disconnect', parentGone);
    },
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
