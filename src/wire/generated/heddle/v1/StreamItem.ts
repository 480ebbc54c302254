// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

export interface StreamItem {
  'item'?: (_heddle_v1_Value | null);
}

export interface StreamItem__Output {
  'item'?: (_heddle_v1_Value__Output);
}
