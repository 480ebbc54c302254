// Original file: proto/heddle/v1/fabric.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { Batch as _heddle_v1_Batch, Batch__Output as _heddle_v1_Batch__Output } from '../../heddle/v1/Batch.ts';
import type { CallRequest as _heddle_v1_CallRequest, CallRequest__Output as _heddle_v1_CallRequest__Output } from '../../heddle/v1/CallRequest.ts';
import type { CallResponse as _heddle_v1_CallResponse, CallResponse__Output as _heddle_v1_CallResponse__Output } from '../../heddle/v1/CallResponse.ts';
import type { Chunk as _heddle_v1_Chunk, Chunk__Output as _heddle_v1_Chunk__Output } from '../../heddle/v1/Chunk.ts';
import type { RunEvent as _heddle_v1_RunEvent, RunEvent__Output as _heddle_v1_RunEvent__Output } from '../../heddle/v1/RunEvent.ts';
import type { SubmitRequest as _heddle_v1_SubmitRequest, SubmitRequest__Output as _heddle_v1_SubmitRequest__Output } from '../../heddle/v1/SubmitRequest.ts';

export interface FabricDefinition {
  Bulk: MethodDefinition<_heddle_v1_Chunk, _heddle_v1_Chunk, _heddle_v1_Chunk__Output, _heddle_v1_Chunk__Output>
  Call: MethodDefinition<_heddle_v1_CallRequest, _heddle_v1_CallResponse, _heddle_v1_CallRequest__Output, _heddle_v1_CallResponse__Output>
  Session: MethodDefinition<_heddle_v1_Batch, _heddle_v1_Batch, _heddle_v1_Batch__Output, _heddle_v1_Batch__Output>
  Submit: MethodDefinition<_heddle_v1_SubmitRequest, _heddle_v1_RunEvent, _heddle_v1_SubmitRequest__Output, _heddle_v1_RunEvent__Output>
}
