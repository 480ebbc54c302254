// Original file: proto/heddle/v1/fabric.proto

import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';
import type { CommandRequest as _heddle_v1_CommandRequest, CommandRequest__Output as _heddle_v1_CommandRequest__Output } from '../../heddle/v1/CommandRequest.ts';
import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';

export interface ExplainRequest {
  'function'?: (string);
  'version'?: (string);
  'need'?: (_heddle_v1_Need | null);
  'target'?: (string);
  'commands'?: (_heddle_v1_CommandRequest)[];
  'input'?: (_heddle_v1_Value | null);
  'hasBareReferences'?: (boolean);
}

export interface ExplainRequest__Output {
  'function'?: (string);
  'version'?: (string);
  'need'?: (_heddle_v1_Need__Output);
  'target'?: (string);
  'commands'?: (_heddle_v1_CommandRequest__Output)[];
  'input'?: (_heddle_v1_Value__Output);
  'hasBareReferences'?: (boolean);
}
