/** A call as it travels, for those who read frames or answer them. */

import type { CallFrame } from '../src/wire/frame.ts';
import { encodeArguments } from '../src/wire/value.ts';

export function callFrame(name: string, args: readonly unknown[], frame: Partial<CallFrame> = {}): CallFrame {
  return {
    kind: 'call',
    id: 1,
    callNumber: 1,
    function: name,
    isDirect: true,
    timeoutMs: 30_000,
    attempt: 1,
    paid: 0,
    isJsonOnly: false,
    wantsProgress: false,
    round: 0,
    acked: 0,
    isAgain: false,
    isStream: false,
    credit: 0,
    hasStreamInput: false,
    lost: 0,
    args: { template: encodeArguments(args), inputs: [] },
    ...frame,
  };
}
