// Original file: proto/heddle/v1/fabric.proto

import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';

export interface ExplainRequest {
  'function'?: (string);
  'version'?: (string);
  'need'?: (_heddle_v1_Need | null);
  'target'?: (string);
}

export interface ExplainRequest__Output {
  'function'?: (string);
  'version'?: (string);
  'need'?: (_heddle_v1_Need__Output);
  'target'?: (string);
}
