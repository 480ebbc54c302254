// Original file: proto/heddle/v1/fabric.proto

import type { Template as _heddle_v1_Template, Template__Output as _heddle_v1_Template__Output } from '../../heddle/v1/Template.ts';
import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';
import type { Long } from '@grpc/proto-loader';

export interface Compensation {
  'function'?: (string);
  'args'?: (_heddle_v1_Template | null);
  'need'?: (_heddle_v1_Need | null);
  'version'?: (string);
  'target'?: (string);
  'timeoutMs'?: (number | string | Long);
  'attemptsMax'?: (number);
  '_timeoutMs'?: "timeoutMs";
}

export interface Compensation__Output {
  'function'?: (string);
  'args'?: (_heddle_v1_Template__Output);
  'need'?: (_heddle_v1_Need__Output);
  'version'?: (string);
  'target'?: (string);
  'timeoutMs'?: (number);
  'attemptsMax'?: (number);
  '_timeoutMs'?: "timeoutMs";
}
