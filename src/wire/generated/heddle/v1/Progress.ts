// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

export interface Progress {
  'value'?: (_heddle_v1_Value | null);
}

export interface Progress__Output {
  'value'?: (_heddle_v1_Value__Output);
}
