// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Error as _heddle_v1_Error, Error__Output as _heddle_v1_Error__Output } from '../../heddle/v1/Error.ts';
import type { Long } from '@grpc/proto-loader';

export interface Reply {
  'value'?: (_heddle_v1_Value | null);
  'error'?: (_heddle_v1_Error | null);
  'freeSlots'?: (number);
  'server'?: (string);
  'serverMicros'?: (number | string | Long);
  'mayFailOver'?: (boolean);
  'runners'?: (string)[];
  'outcome'?: "value"|"error";
  '_freeSlots'?: "freeSlots";
  '_serverMicros'?: "serverMicros";
}

export interface Reply__Output {
  'value'?: (_heddle_v1_Value__Output);
  'error'?: (_heddle_v1_Error__Output);
  'freeSlots'?: (number);
  'server'?: (string);
  'serverMicros'?: (number);
  'mayFailOver'?: (boolean);
  'runners'?: (string)[];
  'outcome'?: "value"|"error";
  '_freeSlots'?: "freeSlots";
  '_serverMicros'?: "serverMicros";
}
