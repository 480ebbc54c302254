// Original file: proto/heddle/v1/fabric.proto

import type { Error as _heddle_v1_Error, Error__Output as _heddle_v1_Error__Output } from '../../heddle/v1/Error.ts';

export interface End {
  'error'?: (_heddle_v1_Error | null);
}

export interface End__Output {
  'error'?: (_heddle_v1_Error__Output);
}
