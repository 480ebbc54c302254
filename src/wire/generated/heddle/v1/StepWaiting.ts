// Original file: proto/heddle/v1/fabric.proto

import type { WaitReason as _heddle_v1_WaitReason, WaitReason__Output as _heddle_v1_WaitReason__Output } from '../../heddle/v1/WaitReason.ts';

export interface StepWaiting {
  'step'?: (string);
  'reason'?: (_heddle_v1_WaitReason | null);
  'element'?: (number);
  '_element'?: "element";
}

export interface StepWaiting__Output {
  'step'?: (string);
  'reason'?: (_heddle_v1_WaitReason__Output);
  'element'?: (number);
  '_element'?: "element";
}
