/**
 * One client for one command: connected, used, closed.
 *
 * C1 Ctrl-C ends every command, whatever it waits for, as `cancelled`: at once one that only looks (`withClient`); one that has something
 *    to take back does so first (`withSignal`), and the second Ctrl-C ends it all the same.
 */

import { type Client, connect, HeddleError } from '../index.ts';
import { clientTls } from './certificate-files.ts';
import { aborted, type Interrupts, listenForInterrupts } from './interrupts.ts';
import { clientToken } from './token-source.ts';

/** `--url`, else the environment's HEDDLE_URL, else the default of `connect`. */
export interface ConnectFlags {
  readonly url?: string | undefined;
  /** Of a client, with its key and CA beside it; else the environment's HEDDLE_TLS_*. */
  readonly cert?: string | undefined;
}

/** Runs `use` with a connected client, until Ctrl-C. */
export function withClient<T>(flags: ConnectFlags, use: (client: Client) => Promise<T>): Promise<T> {
  return connected(flags, (client, { first }) => Promise.race([use(client), interrupted(first)]));
}

/** Runs `use` with a connected client and a signal that aborts at the first Ctrl-C; `use` then ends itself. */
export function withSignal<T>(flags: ConnectFlags, use: (client: Client, signal: AbortSignal) => Promise<T>): Promise<T> {
  return connected(flags, (client, { first, second }) => Promise.race([use(client, first), interrupted(second, 'maybe')]));
}

async function connected<T>(flags: ConnectFlags, use: (client: Client, interrupts: Interrupts) => Promise<T>): Promise<T> {
  const interrupts = listenForInterrupts();
  try {
    const client = await Promise.race([
      connect(flags.url?.split(','), { tls: clientTls(flags.cert, process.env), token: clientToken(process.env) }),
      interrupted(interrupts.first),
    ]);
    try {
      return await use(client, interrupts);
    } finally {
      await client.close();
    }
  } finally {
    interrupts.release();
  }
}

/** Rejects at the abort. */
async function interrupted(signal: AbortSignal, executed: 'no' | 'maybe' = 'no'): Promise<never> {
  await aborted(signal);
  throw new HeddleError('cancelled', { reason: 'interrupted' }, { executed });
}
