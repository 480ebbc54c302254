// Original file: proto/heddle/v1/common.proto

import type { Welcome as _heddle_v1_Welcome, Welcome__Output as _heddle_v1_Welcome__Output } from '../../heddle/v1/Welcome.ts';

export interface Batch {
  'frames'?: (Buffer | Uint8Array | string)[];
  'welcome'?: (_heddle_v1_Welcome | null);
  'wantsBulk'?: (boolean);
  'isLast'?: (boolean);
}

export interface Batch__Output {
  'frames'?: (Buffer)[];
  'welcome'?: (_heddle_v1_Welcome__Output);
  'wantsBulk'?: (boolean);
  'isLast'?: (boolean);
}
