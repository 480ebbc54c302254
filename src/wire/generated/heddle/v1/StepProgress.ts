// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

export interface StepProgress {
  'step'?: (string);
  'value'?: (_heddle_v1_Value | null);
  'element'?: (number);
  '_element'?: "element";
}

export interface StepProgress__Output {
  'step'?: (string);
  'value'?: (_heddle_v1_Value__Output);
  'element'?: (number);
  '_element'?: "element";
}
