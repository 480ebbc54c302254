// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Pulling as _heddle_v1_Pulling, Pulling__Output as _heddle_v1_Pulling__Output } from '../../heddle/v1/Pulling.ts';

export interface Progress {
  'value'?: (_heddle_v1_Value | null);
  'pulling'?: (_heddle_v1_Pulling | null);
}

export interface Progress__Output {
  'value'?: (_heddle_v1_Value__Output);
  'pulling'?: (_heddle_v1_Pulling__Output);
}
