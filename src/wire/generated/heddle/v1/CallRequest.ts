// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';
import type { Encoding as _heddle_v1_Encoding, Encoding__Output as _heddle_v1_Encoding__Output } from '../../heddle/v1/Encoding.ts';
import type { Priority as _heddle_v1_Priority, Priority__Output as _heddle_v1_Priority__Output } from '../../heddle/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface CallRequest {
  'function'?: (string);
  'args'?: (_heddle_v1_Value | null);
  'version'?: (string);
  'need'?: (_heddle_v1_Need | null);
  'target'?: (string);
  'timeoutMs'?: (number | string | Long);
  'meta'?: ({[key: string]: string});
  'reads'?: (_heddle_v1_Encoding)[];
  'idempotencyKey'?: (string);
  'priority'?: (_heddle_v1_Priority);
  'key'?: (string);
  'waitMs'?: (number | string | Long);
  'attemptsMax'?: (number);
  'hedge'?: (boolean);
  '_waitMs'?: "waitMs";
}

export interface CallRequest__Output {
  'function'?: (string);
  'args'?: (_heddle_v1_Value__Output);
  'version'?: (string);
  'need'?: (_heddle_v1_Need__Output);
  'target'?: (string);
  'timeoutMs'?: (number);
  'meta'?: ({[key: string]: string});
  'reads'?: (_heddle_v1_Encoding__Output)[];
  'idempotencyKey'?: (string);
  'priority'?: (_heddle_v1_Priority__Output);
  'key'?: (string);
  'waitMs'?: (number);
  'attemptsMax'?: (number);
  'hedge'?: (boolean);
  '_waitMs'?: "waitMs";
}
