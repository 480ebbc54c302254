// Original file: proto/heddle/v1/common.proto

import type { PathPart as _heddle_v1_PathPart, PathPart__Output as _heddle_v1_PathPart__Output } from '../../heddle/v1/PathPart.ts';
import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

export interface Input {
  'at'?: (_heddle_v1_PathPart)[];
  'value'?: (_heddle_v1_Value | null);
  'path'?: (_heddle_v1_PathPart)[];
  'name'?: (string);
}

export interface Input__Output {
  'at'?: (_heddle_v1_PathPart__Output)[];
  'value'?: (_heddle_v1_Value__Output);
  'path'?: (_heddle_v1_PathPart__Output)[];
  'name'?: (string);
}
