// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';
import type { Long } from '@grpc/proto-loader';

export interface CompensationRequest {
  'function'?: (string);
  'args'?: (_heddle_v1_Value | null);
  'need'?: (_heddle_v1_Need | null);
  'version'?: (string);
  'target'?: (string);
  'timeoutMs'?: (number | string | Long);
  'attemptsMax'?: (number);
}

export interface CompensationRequest__Output {
  'function'?: (string);
  'args'?: (_heddle_v1_Value__Output);
  'need'?: (_heddle_v1_Need__Output);
  'version'?: (string);
  'target'?: (string);
  'timeoutMs'?: (number);
  'attemptsMax'?: (number);
}
