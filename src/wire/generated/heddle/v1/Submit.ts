// Original file: proto/heddle/v1/fabric.proto

import type { Command as _heddle_v1_Command, Command__Output as _heddle_v1_Command__Output } from '../../heddle/v1/Command.ts';
import type { Returns as _heddle_v1_Returns, Returns__Output as _heddle_v1_Returns__Output } from '../../heddle/v1/Returns.ts';
import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { LooksBare as _heddle_v1_LooksBare, LooksBare__Output as _heddle_v1_LooksBare__Output } from '../../heddle/v1/LooksBare.ts';
import type { Seats as _heddle_v1_Seats, Seats__Output as _heddle_v1_Seats__Output } from '../../heddle/v1/Seats.ts';
import type { Long } from '@grpc/proto-loader';

export interface Submit {
  'runId'?: (string);
  'name'?: (string);
  'commands'?: (_heddle_v1_Command)[];
  'returns'?: (_heddle_v1_Returns | null);
  'input'?: (_heddle_v1_Value | null);
  'timeoutMs'?: (number | string | Long);
  'isDetached'?: (boolean);
  'looksBare'?: (_heddle_v1_LooksBare)[];
  'seats'?: (_heddle_v1_Seats | null);
  'traceparent'?: (string);
  'tracestate'?: (string);
  'identity'?: (string);
  '_timeoutMs'?: "timeoutMs";
}

export interface Submit__Output {
  'runId'?: (string);
  'name'?: (string);
  'commands'?: (_heddle_v1_Command__Output)[];
  'returns'?: (_heddle_v1_Returns__Output);
  'input'?: (_heddle_v1_Value__Output);
  'timeoutMs'?: (number);
  'isDetached'?: (boolean);
  'looksBare'?: (_heddle_v1_LooksBare__Output)[];
  'seats'?: (_heddle_v1_Seats__Output);
  'traceparent'?: (string);
  'tracestate'?: (string);
  'identity'?: (string);
  '_timeoutMs'?: "timeoutMs";
}
