/**
 * `heddle.v1.OnFailure`: what a command's failure means for its run.
 */

import type { OnFailure } from '../core/workflow/record.ts';
import type { Sink, Source } from './common-messages.ts';
import { readValue, writeValue } from './common-messages.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import { protocolError } from './value-problem.ts';

export function writeOnFailure(sink: Sink, field: number, policy: OnFailure | undefined): void {
  if (!policy) return;
  const mark = sink.writer.mark();
  if (policy.kind === 'continue') sink.writer.flag(1, true);
  else writeValue(sink, 2, policy.value);
  sink.writer.message(field, mark);
}

/** Throws `protocol_error`: a policy that is not known must not be taken for another. */
export function readOnFailure(source: Source): OnFailure {
  const { reader } = source;
  const outer = reader.enter();
  let policy: OnFailure | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) policy = reader.flag() ? { kind: 'continue' } : policy;
    else if (tag === bytesTag(2)) policy = { kind: 'fallback', value: readValue(source) };
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (!policy) throw protocolError('a command has a failure policy that this version does not know');
  return policy;
}
