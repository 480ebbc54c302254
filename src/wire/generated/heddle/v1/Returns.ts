// Original file: proto/heddle/v1/fabric.proto

import type { Template as _heddle_v1_Template, Template__Output as _heddle_v1_Template__Output } from '../../heddle/v1/Template.ts';

export interface _heddle_v1_Returns_Steps {
  'names'?: (string)[];
}

export interface _heddle_v1_Returns_Steps__Output {
  'names'?: (string)[];
}

export interface Returns {
  'leaves'?: (boolean);
  'all'?: (boolean);
  'steps'?: (_heddle_v1_Returns_Steps | null);
  'shape'?: (_heddle_v1_Template | null);
  'kind'?: "leaves"|"all"|"steps"|"shape";
}

export interface Returns__Output {
  'leaves'?: (boolean);
  'all'?: (boolean);
  'steps'?: (_heddle_v1_Returns_Steps__Output);
  'shape'?: (_heddle_v1_Template__Output);
  'kind'?: "leaves"|"all"|"steps"|"shape";
}
