// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

export interface Item {
  'value'?: (_heddle_v1_Value | null);
  'isFromOpener'?: (boolean);
}

export interface Item__Output {
  'value'?: (_heddle_v1_Value__Output);
  'isFromOpener'?: (boolean);
}
