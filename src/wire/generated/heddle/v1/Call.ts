// Original file: proto/heddle/v1/fabric.proto

import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Effect as _heddle_v1_Effect, Effect__Output as _heddle_v1_Effect__Output } from '../../heddle/v1/Effect.ts';
import type { Need as _heddle_v1_Need, Need__Output as _heddle_v1_Need__Output } from '../../heddle/v1/Need.ts';
import type { Input as _heddle_v1_Input, Input__Output as _heddle_v1_Input__Output } from '../../heddle/v1/Input.ts';
import type { Priority as _heddle_v1_Priority, Priority__Output as _heddle_v1_Priority__Output } from '../../heddle/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface Call {
  'callNumber'?: (number | string | Long);
  'function'?: (string);
  'args'?: (_heddle_v1_Value | null);
  'timeoutMs'?: (number | string | Long);
  'attempt'?: (number);
  'isDirect'?: (boolean);
  'effect'?: (_heddle_v1_Effect);
  'caller'?: (string);
  'callerName'?: (string);
  'version'?: (string);
  'need'?: (_heddle_v1_Need | null);
  'target'?: (string);
  'paid'?: (number);
  'isJsonOnly'?: (boolean);
  'wantsProgress'?: (boolean);
  'inputs'?: (_heddle_v1_Input)[];
  'round'?: (number);
  'acked'?: (number | string | Long);
  'meta'?: ({[key: string]: string});
  'priority'?: (_heddle_v1_Priority);
  'key'?: (string);
  'waitMs'?: (number | string | Long);
  'idempotencyKey'?: (string);
  'attemptsMax'?: (number);
  'hedge'?: (boolean);
  'isAgain'?: (boolean);
  'via'?: (string)[];
  'isStream'?: (boolean);
  'credit'?: (number | string | Long);
  'hasStreamInput'?: (boolean);
  'lost'?: (number);
  'runners'?: (string)[];
  'parkMs'?: (number | string | Long);
  'traceparent'?: (string);
  'tracestate'?: (string);
  '_waitMs'?: "waitMs";
}

export interface Call__Output {
  'callNumber'?: (number);
  'function'?: (string);
  'args'?: (_heddle_v1_Value__Output);
  'timeoutMs'?: (number);
  'attempt'?: (number);
  'isDirect'?: (boolean);
  'effect'?: (_heddle_v1_Effect__Output);
  'caller'?: (string);
  'callerName'?: (string);
  'version'?: (string);
  'need'?: (_heddle_v1_Need__Output);
  'target'?: (string);
  'paid'?: (number);
  'isJsonOnly'?: (boolean);
  'wantsProgress'?: (boolean);
  'inputs'?: (_heddle_v1_Input__Output)[];
  'round'?: (number);
  'acked'?: (number);
  'meta'?: ({[key: string]: string});
  'priority'?: (_heddle_v1_Priority__Output);
  'key'?: (string);
  'waitMs'?: (number);
  'idempotencyKey'?: (string);
  'attemptsMax'?: (number);
  'hedge'?: (boolean);
  'isAgain'?: (boolean);
  'via'?: (string)[];
  'isStream'?: (boolean);
  'credit'?: (number);
  'hasStreamInput'?: (boolean);
  'lost'?: (number);
  'runners'?: (string)[];
  'parkMs'?: (number);
  'traceparent'?: (string);
  'tracestate'?: (string);
  '_waitMs'?: "waitMs";
}
