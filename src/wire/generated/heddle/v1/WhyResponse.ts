// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

export interface WhyResponse {
  'waits'?: (_heddle_v1_Value | null);
}

export interface WhyResponse__Output {
  'waits'?: (_heddle_v1_Value__Output);
}
