// Original file: proto/heddle/v1/fabric.proto

import type { Error as _heddle_v1_Error, Error__Output as _heddle_v1_Error__Output } from '../../heddle/v1/Error.ts';

export interface CompensationSettled {
  'step'?: (string);
  'ok'?: (boolean);
  'server'?: (string);
  'elapsedMs'?: (number | string);
  'attempts'?: (number);
  'error'?: (_heddle_v1_Error | null);
  'element'?: (number);
  '_element'?: "element";
}

export interface CompensationSettled__Output {
  'step'?: (string);
  'ok'?: (boolean);
  'server'?: (string);
  'elapsedMs'?: (number);
  'attempts'?: (number);
  'error'?: (_heddle_v1_Error__Output);
  'element'?: (number);
  '_element'?: "element";
}
