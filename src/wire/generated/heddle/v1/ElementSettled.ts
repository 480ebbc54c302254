// Original file: proto/heddle/v1/fabric.proto

import type { StepOutcome as _heddle_v1_StepOutcome, StepOutcome__Output as _heddle_v1_StepOutcome__Output } from '../../heddle/v1/StepOutcome.ts';
import type { Error as _heddle_v1_Error, Error__Output as _heddle_v1_Error__Output } from '../../heddle/v1/Error.ts';
import type { Long } from '@grpc/proto-loader';

export interface ElementSettled {
  'step'?: (string);
  'ok'?: (boolean);
  'outcome'?: (_heddle_v1_StepOutcome);
  'server'?: (string);
  'elapsedMs'?: (number | string);
  'error'?: (_heddle_v1_Error | null);
  'isFallback'?: (boolean);
  'bytes'?: (number | string | Long);
  'element'?: (number);
  '_bytes'?: "bytes";
}

export interface ElementSettled__Output {
  'step'?: (string);
  'ok'?: (boolean);
  'outcome'?: (_heddle_v1_StepOutcome__Output);
  'server'?: (string);
  'elapsedMs'?: (number);
  'error'?: (_heddle_v1_Error__Output);
  'isFallback'?: (boolean);
  'bytes'?: (number);
  'element'?: (number);
  '_bytes'?: "bytes";
}
