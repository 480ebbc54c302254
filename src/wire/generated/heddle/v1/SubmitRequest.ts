// Original file: proto/heddle/v1/fabric.proto

import type { CommandRequest as _heddle_v1_CommandRequest, CommandRequest__Output as _heddle_v1_CommandRequest__Output } from '../../heddle/v1/CommandRequest.ts';
import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Encoding as _heddle_v1_Encoding, Encoding__Output as _heddle_v1_Encoding__Output } from '../../heddle/v1/Encoding.ts';
import type { Long } from '@grpc/proto-loader';

export interface SubmitRequest {
  'commands'?: (_heddle_v1_CommandRequest)[];
  'returns'?: (_heddle_v1_Value | null);
  'input'?: (_heddle_v1_Value | null);
  'runId'?: (string);
  'name'?: (string);
  'timeoutMs'?: (number | string | Long);
  'isDetached'?: (boolean);
  'hasBareReferences'?: (boolean);
  'reads'?: (_heddle_v1_Encoding)[];
}

export interface SubmitRequest__Output {
  'commands'?: (_heddle_v1_CommandRequest__Output)[];
  'returns'?: (_heddle_v1_Value__Output);
  'input'?: (_heddle_v1_Value__Output);
  'runId'?: (string);
  'name'?: (string);
  'timeoutMs'?: (number);
  'isDetached'?: (boolean);
  'hasBareReferences'?: (boolean);
  'reads'?: (_heddle_v1_Encoding__Output)[];
}
