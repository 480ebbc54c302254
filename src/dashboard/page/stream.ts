/**
 * One stream of the server: opened again whenever it breaks, until it is over or nobody wants it any more.
 *
 * S1 a server that wants a token first locks the page; the stream goes on once that has been given.
 */

import { effect } from '@preact/signals';
import { later } from './browser.ts';
import { connection } from './store.ts';

export interface StreamHears {
  message(data: string): void;
  /** The server has said why there is nothing more. */
  refused?(message: string): void;
  /** It is being opened again. */
  broken?(): void;
}

/** How long until a stream that the browser gave up is opened again, in milliseconds. */
const reopenMs = 1_000;

/** Gives what closes it. */
export function openStream(path: string, hears: StreamHears): () => void {
  const source = new EventSource(path);
  let isClosed = false;
  let close = (): void => source.close();
  source.addEventListener('message', ({ data }) => hears.message(String(data)));
  source.addEventListener('over', () => source.close());
  source.addEventListener('refused', ({ data }) => {
    source.close();
    hears.refused?.(String(data));
  });
  source.addEventListener('error', () => {
    hears.broken?.();
    // Else the browser opens it again by itself.
    if (source.readyState !== EventSource.CLOSED) return;
    void isLocked().then((locked) => {
      if (isClosed) return;
      const again = (): void => {
        close = openStream(path, hears);
      };
      if (locked) connection.value = 'locked';
      close = locked ? onceUnlocked(again) : later(reopenMs, again);
    });
  });
  return () => {
    isClosed = true;
    close();
  };
}

/** Gives what takes it back. */
function onceUnlocked(task: () => void): () => void {
  const stop = effect(() => {
    if (connection.value === 'locked') return;
    stop();
    task();
  });
  return stop;
}

async function isLocked(): Promise<boolean> {
  try {
    return (await fetch('api/session')).status === 401;
  } catch {
    return false;
  }
}
