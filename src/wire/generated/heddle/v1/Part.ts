// Original file: proto/heddle/v1/common.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Long } from '@grpc/proto-loader';

export interface Part {
  'at'?: (number | string | Long);
  'value'?: (_heddle_v1_Value | null);
}

export interface Part__Output {
  'at'?: (number);
  'value'?: (_heddle_v1_Value__Output);
}
