// Original file: proto/heddle/v1/fabric.proto

import type { GroupedCall as _heddle_v1_GroupedCall, GroupedCall__Output as _heddle_v1_GroupedCall__Output } from '../../heddle/v1/GroupedCall.ts';

export interface Group {
  'calls'?: (_heddle_v1_GroupedCall)[];
}

export interface Group__Output {
  'calls'?: (_heddle_v1_GroupedCall__Output)[];
}
