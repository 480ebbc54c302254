/**
 * A call that says where its time went: for the command line, beside the front door.
 */

import type { Client } from '../api/api.ts';
import type { CallTiming } from '../call/call-timing.ts';
import { fabricClientOf } from './client.ts';

export type { CallTiming } from '../call/call-timing.ts';

/** Tells the timing just before the call settles, done or failed; of a call that was never sent there is none. */
export function timedCall(
  client: Client,
  call: { readonly name: string; readonly args: readonly unknown[]; readonly options: object },
  onTiming: (timing: CallTiming) => void,
): Promise<unknown> {
  return fabricClientOf(client).timedCall(call.name, call, onTiming);
}
