// Original file: proto/heddle/v1/common.proto

import type { Executed as _heddle_v1_Executed, Executed__Output as _heddle_v1_Executed__Output } from '../../heddle/v1/Executed.ts';
import type { Value as _heddle_v1_Value, Value__Output as _heddle_v1_Value__Output } from '../../heddle/v1/Value.ts';
import type { Error as _heddle_v1_Error, Error__Output as _heddle_v1_Error__Output } from '../../heddle/v1/Error.ts';

export interface Error {
  'code'?: (string);
  'executed'?: (_heddle_v1_Executed);
  'message'?: (string);
  'detail'?: (_heddle_v1_Value | null);
  'partial'?: ({[key: string]: _heddle_v1_Value});
  'cause'?: (_heddle_v1_Error | null);
  'name'?: (string);
}

export interface Error__Output {
  'code'?: (string);
  'executed'?: (_heddle_v1_Executed__Output);
  'message'?: (string);
  'detail'?: (_heddle_v1_Value__Output);
  'partial'?: ({[key: string]: _heddle_v1_Value__Output});
  'cause'?: (_heddle_v1_Error__Output);
  'name'?: (string);
}
