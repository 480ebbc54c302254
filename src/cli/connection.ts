/**
 * One client for one command: connected, used, closed; Ctrl-C aborts what it does.
 */

import { type Client, connect, HeddleError } from '../index.ts';
import { clientTls } from './certificate-files.ts';
import { aborted, listenForInterrupts } from './interrupts.ts';
import { clientToken } from './token-source.ts';

/** `--url`, else the environment's HEDDLE_URL, else the default of `connect`. */
export interface ConnectFlags {
  readonly url?: string | undefined;
  /** Of a client, with its key and CA beside it; else the environment's HEDDLE_TLS_*. */
  readonly cert?: string | undefined;
}

/** Runs `use` with a connected client and a signal that aborts at the first Ctrl-C. */
export async function withClient<T>(flags: ConnectFlags, use: (client: Client, signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupts = listenForInterrupts();
  try {
    const client = await Promise.race([
      connect(flags.url?.split(','), { tls: clientTls(flags.cert, process.env), token: clientToken(process.env) }),
      interrupted(interrupts.first),
    ]);
    try {
      return await use(client, interrupts.first);
    } finally {
      await client.close();
    }
  } finally {
    interrupts.release();
  }
}

/** Rejects at the abort: a connect that hangs must not outlive Ctrl-C. */
async function interrupted(signal: AbortSignal): Promise<never> {
  await aborted(signal);
  throw new HeddleError('cancelled', { reason: 'interrupted' }, { executed: 'no' });
}
