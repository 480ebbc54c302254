// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';
import type { OnFailure as _heddle_v1_OnFailure, OnFailure__Output as _heddle_v1_OnFailure__Output } from '../../heddle/v1/OnFailure.ts';
import type { CompensationRequest as _heddle_v1_CompensationRequest, CompensationRequest__Output as _heddle_v1_CompensationRequest__Output } from '../../heddle/v1/CompensationRequest.ts';
import type { Long } from '@grpc/proto-loader';

export interface CommandRequest {
  'name'?: (string);
  'function'?: (string);
  'args'?: (_heddle_v1_Value | null);
  'need'?: (_heddle_v1_Need | null);
  'version'?: (string);
  'after'?: (string)[];
  'target'?: (string);
  'timeoutMs'?: (number | string | Long);
  'attemptsMax'?: (number);
  'onFailure'?: (_heddle_v1_OnFailure | null);
  'compensate'?: (_heddle_v1_CompensationRequest | null);
  'each'?: (_heddle_v1_Value | null);
  'parallel'?: (number);
  'isAlone'?: (boolean);
}

export interface CommandRequest__Output {
  'name'?: (string);
  'function'?: (string);
  'args'?: (_heddle_v1_Value__Output);
  'need'?: (_heddle_v1_Need__Output);
  'version'?: (string);
  'after'?: (string)[];
  'target'?: (string);
  'timeoutMs'?: (number);
  'attemptsMax'?: (number);
  'onFailure'?: (_heddle_v1_OnFailure__Output);
  'compensate'?: (_heddle_v1_CompensationRequest__Output);
  'each'?: (_heddle_v1_Value__Output);
  'parallel'?: (number);
  'isAlone'?: (boolean);
}
