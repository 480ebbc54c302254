// Original file: proto/heddle/v1/fabric.proto

import type { Call as _heddle_v1_Call, Call__Output as _heddle_v1_Call__Output } from '../../heddle/v1/Call.ts';
import type { Await as _heddle_v1_Await, Await__Output as _heddle_v1_Await__Output } from '../../heddle/v1/Await.ts';
import type { Long } from '@grpc/proto-loader';

export interface GroupedCall {
  'id'?: (number | string | Long);
  'call'?: (_heddle_v1_Call | null);
  'awaits'?: (_heddle_v1_Await)[];
  'step'?: (string);
  'ownTimeoutMs'?: (number | string | Long);
}

export interface GroupedCall__Output {
  'id'?: (number);
  'call'?: (_heddle_v1_Call__Output);
  'awaits'?: (_heddle_v1_Await__Output)[];
  'step'?: (string);
  'ownTimeoutMs'?: (number);
}
