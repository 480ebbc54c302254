// Original file: proto/heddle/v1/fabric.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { Batch as _heddle_v1_Batch, Batch__Output as _heddle_v1_Batch__Output } from '../../heddle/v1/Batch.ts';
import type { CallRequest as _heddle_v1_CallRequest, CallRequest__Output as _heddle_v1_CallRequest__Output } from '../../heddle/v1/CallRequest.ts';
import type { CallResponse as _heddle_v1_CallResponse, CallResponse__Output as _heddle_v1_CallResponse__Output } from '../../heddle/v1/CallResponse.ts';
import type { CancelRequest as _heddle_v1_CancelRequest, CancelRequest__Output as _heddle_v1_CancelRequest__Output } from '../../heddle/v1/CancelRequest.ts';
import type { CancelResponse as _heddle_v1_CancelResponse, CancelResponse__Output as _heddle_v1_CancelResponse__Output } from '../../heddle/v1/CancelResponse.ts';
import type { Chunk as _heddle_v1_Chunk, Chunk__Output as _heddle_v1_Chunk__Output } from '../../heddle/v1/Chunk.ts';
import type { ExplainRequest as _heddle_v1_ExplainRequest, ExplainRequest__Output as _heddle_v1_ExplainRequest__Output } from '../../heddle/v1/ExplainRequest.ts';
import type { ExplainResponse as _heddle_v1_ExplainResponse, ExplainResponse__Output as _heddle_v1_ExplainResponse__Output } from '../../heddle/v1/ExplainResponse.ts';
import type { RunEvent as _heddle_v1_RunEvent, RunEvent__Output as _heddle_v1_RunEvent__Output } from '../../heddle/v1/RunEvent.ts';
import type { StreamItem as _heddle_v1_StreamItem, StreamItem__Output as _heddle_v1_StreamItem__Output } from '../../heddle/v1/StreamItem.ts';
import type { SubmitRequest as _heddle_v1_SubmitRequest, SubmitRequest__Output as _heddle_v1_SubmitRequest__Output } from '../../heddle/v1/SubmitRequest.ts';
import type { WatchEvent as _heddle_v1_WatchEvent, WatchEvent__Output as _heddle_v1_WatchEvent__Output } from '../../heddle/v1/WatchEvent.ts';
import type { WatchRequest as _heddle_v1_WatchRequest, WatchRequest__Output as _heddle_v1_WatchRequest__Output } from '../../heddle/v1/WatchRequest.ts';
import type { WhyRequest as _heddle_v1_WhyRequest, WhyRequest__Output as _heddle_v1_WhyRequest__Output } from '../../heddle/v1/WhyRequest.ts';
import type { WhyResponse as _heddle_v1_WhyResponse, WhyResponse__Output as _heddle_v1_WhyResponse__Output } from '../../heddle/v1/WhyResponse.ts';

export interface FabricDefinition {
  Bulk: MethodDefinition<_heddle_v1_Chunk, _heddle_v1_Chunk, _heddle_v1_Chunk__Output, _heddle_v1_Chunk__Output>
  Call: MethodDefinition<_heddle_v1_CallRequest, _heddle_v1_CallResponse, _heddle_v1_CallRequest__Output, _heddle_v1_CallResponse__Output>
  Cancel: MethodDefinition<_heddle_v1_CancelRequest, _heddle_v1_CancelResponse, _heddle_v1_CancelRequest__Output, _heddle_v1_CancelResponse__Output>
  Explain: MethodDefinition<_heddle_v1_ExplainRequest, _heddle_v1_ExplainResponse, _heddle_v1_ExplainRequest__Output, _heddle_v1_ExplainResponse__Output>
  Session: MethodDefinition<_heddle_v1_Batch, _heddle_v1_Batch, _heddle_v1_Batch__Output, _heddle_v1_Batch__Output>
  Stream: MethodDefinition<_heddle_v1_CallRequest, _heddle_v1_StreamItem, _heddle_v1_CallRequest__Output, _heddle_v1_StreamItem__Output>
  Submit: MethodDefinition<_heddle_v1_SubmitRequest, _heddle_v1_RunEvent, _heddle_v1_SubmitRequest__Output, _heddle_v1_RunEvent__Output>
  Watch: MethodDefinition<_heddle_v1_WatchRequest, _heddle_v1_WatchEvent, _heddle_v1_WatchRequest__Output, _heddle_v1_WatchEvent__Output>
  Why: MethodDefinition<_heddle_v1_WhyRequest, _heddle_v1_WhyResponse, _heddle_v1_WhyRequest__Output, _heddle_v1_WhyResponse__Output>
}
