// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

export interface OnFailure {
  'continues'?: (boolean);
  'fallback'?: (_heddle_v1_Value | null);
  'policy'?: "continues"|"fallback";
}

export interface OnFailure__Output {
  'continues'?: (boolean);
  'fallback'?: (_heddle_v1_Value__Output);
  'policy'?: "continues"|"fallback";
}
