// Original file: proto/heddle/v1/common.proto

import type { Encoding as _heddle_v1_Encoding, Encoding__Output as _heddle_v1_Encoding__Output } from '../../heddle/v1/Encoding.ts';
import type { Parked as _heddle_v1_Parked, Parked__Output as _heddle_v1_Parked__Output } from '../../heddle/v1/Parked.ts';
import type { Part as _heddle_v1_Part, Part__Output as _heddle_v1_Part__Output } from '../../heddle/v1/Part.ts';
import type { Long } from '@grpc/proto-loader';

export interface Value {
  'data'?: (Buffer | Uint8Array | string);
  'encoding'?: (_heddle_v1_Encoding);
  'transfer'?: (number | string | Long);
  'transferBytes'?: (number | string | Long);
  'parked'?: (_heddle_v1_Parked | null);
  'parts'?: (_heddle_v1_Part)[];
}

export interface Value__Output {
  'data'?: (Buffer);
  'encoding'?: (_heddle_v1_Encoding__Output);
  'transfer'?: (number);
  'transferBytes'?: (number);
  'parked'?: (_heddle_v1_Parked__Output);
  'parts'?: (_heddle_v1_Part__Output)[];
}
