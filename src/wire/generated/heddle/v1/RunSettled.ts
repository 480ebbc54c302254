// Original file: proto/heddle/v1/fabric.proto

import type { Filled as _heddle_v1_Filled, Filled__Output as _heddle_v1_Filled__Output } from '../../heddle/v1/Filled.ts';
import type { Error as _heddle_v1_Error, Error__Output as _heddle_v1_Error__Output } from '../../heddle/v1/Error.ts';

export interface RunSettled {
  'ok'?: (boolean);
  'elapsedMs'?: (number | string);
  'result'?: (_heddle_v1_Filled | null);
  'error'?: (_heddle_v1_Error | null);
}

export interface RunSettled__Output {
  'ok'?: (boolean);
  'elapsedMs'?: (number);
  'result'?: (_heddle_v1_Filled__Output);
  'error'?: (_heddle_v1_Error__Output);
}
