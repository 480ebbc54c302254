// Original file: proto/heddle/v1/common.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Input as _heddle_v1_Input, Input__Output as _heddle_v1_Input__Output } from '../../heddle/v1/Input.ts';

export interface Filled {
  'template'?: (_heddle_v1_Value | null);
  'inputs'?: (_heddle_v1_Input)[];
}

export interface Filled__Output {
  'template'?: (_heddle_v1_Value__Output);
  'inputs'?: (_heddle_v1_Input__Output)[];
}
