/**
 * The small messages of clients in other languages: `heddle.v1.ExplainRequest`, `WhyRequest`, `CancelRequest`, `WatchRequest` and what
 * answers them. Requests are decoded by proto-loader; news and run events have codecs of their own.
 */

import type { Need } from '../core/catalog/offer.ts';
import type { Payload } from '../core/payload.ts';
import { readCommands, readRunInput } from './foreign.ts';
import type { CancelRequest, CancelRequest__Output } from './generated/heddle/v1/CancelRequest.ts';
import type { ExplainRequest, ExplainRequest__Output } from './generated/heddle/v1/ExplainRequest.ts';
import type { ExplainResponse, ExplainResponse__Output } from './generated/heddle/v1/ExplainResponse.ts';
import type { WatchRequest, WatchRequest__Output } from './generated/heddle/v1/WatchRequest.ts';
import type { WhyRequest, WhyRequest__Output } from './generated/heddle/v1/WhyRequest.ts';
import type { WhyResponse, WhyResponse__Output } from './generated/heddle/v1/WhyResponse.ts';
import { needOf, readsJsonOnly, valueMessage } from './loaded-values.ts';
import { messageCodec } from './proto-files.ts';

export interface ForeignExplain {
  /** Absent beside `workflow`. */
  readonly function?: string | undefined;
  readonly version?: string | undefined;
  readonly need?: Need | undefined;
  readonly target?: string | undefined;
  readonly workflow?:
    | { readonly commands: readonly unknown[]; readonly input: unknown; readonly references: 'bare' | undefined }
    | undefined;
}

/** What is absent was not asked about. */
export interface ForeignWhy {
  readonly run?: string | undefined;
  readonly step?: string | undefined;
  readonly function?: string | undefined;
}

export interface ForeignWatch {
  /** Absent: the catalog. */
  readonly runId?: string | undefined;
  /** At least 1. */
  readonly fromSequence: number;
  readonly isJsonOnly: boolean;
}

const explainCodec = messageCodec<ExplainRequest, ExplainRequest__Output>('fabric.proto', 'ExplainRequest');
const planCodec = messageCodec<ExplainResponse, ExplainResponse__Output>('fabric.proto', 'ExplainResponse');
const whyCodec = messageCodec<WhyRequest, WhyRequest__Output>('fabric.proto', 'WhyRequest');
const waitsCodec = messageCodec<WhyResponse, WhyResponse__Output>('fabric.proto', 'WhyResponse');
const cancelCodec = messageCodec<CancelRequest, CancelRequest__Output>('fabric.proto', 'CancelRequest');
const watchCodec = messageCodec<WatchRequest, WatchRequest__Output>('fabric.proto', 'WatchRequest');

/** The answer to a cancel: a message without fields. */
export const cancelResponse: Uint8Array = new Uint8Array(0);

/** Throws `protocol_error`, and `bad_workflow` or `bad_argument` for values that are none. */
export function decodeExplainRequest(message: Uint8Array): ForeignExplain {
  const { function: name, version, need, target, commands, input, hasBareReferences } = explainCodec.decode(message);
  const asked = { function: name || undefined, version: version || undefined, need: needOf(need), target: target || undefined };
  if (!commands || commands.length === 0) return asked;
  const references = hasBareReferences ? 'bare' : undefined;
  return { ...asked, workflow: { commands: readCommands(commands), input: readRunInput(input), references } };
}

/** `plan` is in JSON. */
export function encodeExplainResponse(plan: Payload): Uint8Array {
  return planCodec.encode({ plan: valueMessage(plan) });
}

/** Throws `protocol_error`. */
export function decodeWhyRequest(message: Uint8Array): ForeignWhy {
  const { runId, step, function: name } = whyCodec.decode(message);
  return { run: runId || undefined, step: step || undefined, function: name || undefined };
}

/** `waits` are in JSON. */
export function encodeWhyResponse(waits: Payload): Uint8Array {
  return waitsCodec.encode({ waits: valueMessage(waits) });
}

/** Throws `protocol_error`. */
export function decodeCancelRequest(message: Uint8Array): { readonly runId: string; readonly reason: string } {
  const { runId = '', reason = '' } = cancelCodec.decode(message);
  return { runId, reason };
}

/** Throws `protocol_error`. */
export function decodeWatchRequest(message: Uint8Array): ForeignWatch {
  const { runId, fromSequence, reads } = watchCodec.decode(message);
  return { runId: runId || undefined, fromSequence: Math.max(1, fromSequence ?? 1), isJsonOnly: readsJsonOnly(reads) };
}
