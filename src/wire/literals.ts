/**
 * The values that a workflow brings along: its arguments as they are written, lists, fallbacks.
 */

import type { Payload } from '../core/payload.ts';
import type { WireCommand, WireReturns } from '../core/workflow/record.ts';

/**
 * Whether some of them are, or hold, bytes. What is read from JSON text is new each time; bytes are handed to functions as they lie
 * here, and a function may write into its arguments: such a workflow is read anew for each run. Linear in the commands.
 */
export function bringsBytes(commands: readonly WireCommand[], returns: WireReturns): boolean {
  return commands.some(ofCommand) || (returns.kind === 'shape' && isOfBytes(returns.shape.value));
}

function ofCommand({ args, each, compensate, onFailure }: WireCommand): boolean {
  if (isOfBytes(args.value) || isOfBytes(each?.list.value) || isOfBytes(compensate?.args.value)) return true;
  return onFailure?.kind === 'fallback' && isOfBytes(onFailure.value);
}

function isOfBytes(value: Payload | undefined): boolean {
  return value !== undefined && (value.encoding === 'bytes' || value.encoding === 'binary');
}
