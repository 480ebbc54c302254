// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Hole as _heddle_v1_Hole, Hole__Output as _heddle_v1_Hole__Output } from '../../heddle/v1/Hole.ts';

export interface Template {
  'value'?: (_heddle_v1_Value | null);
  'holes'?: (_heddle_v1_Hole)[];
}

export interface Template__Output {
  'value'?: (_heddle_v1_Value__Output);
  'holes'?: (_heddle_v1_Hole__Output)[];
}
