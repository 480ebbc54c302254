// Original file: proto/heddle/v1/fabric.proto

import type { Parked as _heddle_v1_Parked, Parked__Output as _heddle_v1_Parked__Output } from '../../heddle/v1/Parked.ts';
import type { PathPart as _heddle_v1_PathPart, PathPart__Output as _heddle_v1_PathPart__Output } from '../../heddle/v1/PathPart.ts';
import type { Long } from '@grpc/proto-loader';

export interface Pull {
  'parked'?: (_heddle_v1_Parked | null);
  'credit'?: (number | string | Long);
  'path'?: (_heddle_v1_PathPart)[];
  'listBytes'?: (number | string | Long);
}

export interface Pull__Output {
  'parked'?: (_heddle_v1_Parked__Output);
  'credit'?: (number);
  'path'?: (_heddle_v1_PathPart__Output)[];
  'listBytes'?: (number);
}
