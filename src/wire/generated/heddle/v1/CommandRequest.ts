// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';
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
  'isAlone'?: (boolean);
}
