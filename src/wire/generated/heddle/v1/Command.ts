// Original file: proto/heddle/v1/fabric.proto

import type { Template as _heddle_v1_Template, Template__Output as _heddle_v1_Template__Output } from '../../heddle/v1/Template.ts';
import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';
import type { OnFailure as _heddle_v1_OnFailure, OnFailure__Output as _heddle_v1_OnFailure__Output } from '../../heddle/v1/OnFailure.ts';
import type { Compensation as _heddle_v1_Compensation, Compensation__Output as _heddle_v1_Compensation__Output } from '../../heddle/v1/Compensation.ts';
import type { Long } from '@grpc/proto-loader';

export interface Command {
  'name'?: (string);
  'function'?: (string);
  'args'?: (_heddle_v1_Template | null);
  'need'?: (_heddle_v1_Need | null);
  'version'?: (string);
  'after'?: (string)[];
  'target'?: (string);
  'timeoutMs'?: (number | string | Long);
  'attemptsMax'?: (number);
  'onFailure'?: (_heddle_v1_OnFailure | null);
  'compensate'?: (_heddle_v1_Compensation | null);
  'each'?: (_heddle_v1_Template | null);
  'parallel'?: (number);
  'isAlone'?: (boolean);
  '_timeoutMs'?: "timeoutMs";
}

export interface Command__Output {
  'name'?: (string);
  'function'?: (string);
  'args'?: (_heddle_v1_Template__Output);
  'need'?: (_heddle_v1_Need__Output);
  'version'?: (string);
  'after'?: (string)[];
  'target'?: (string);
  'timeoutMs'?: (number);
  'attemptsMax'?: (number);
  'onFailure'?: (_heddle_v1_OnFailure__Output);
  'compensate'?: (_heddle_v1_Compensation__Output);
  'each'?: (_heddle_v1_Template__Output);
  'parallel'?: (number);
  'isAlone'?: (boolean);
  '_timeoutMs'?: "timeoutMs";
}
