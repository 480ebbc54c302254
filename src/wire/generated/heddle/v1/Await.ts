// Original file: proto/heddle/v1/fabric.proto

import type { PathPart as _heddle_v1_PathPart, PathPart__Output as _heddle_v1_PathPart__Output } from '../../heddle/v1/PathPart.ts';
import type { Long } from '@grpc/proto-loader';

export interface Await {
  'callNumber'?: (number | string | Long);
  'at'?: (_heddle_v1_PathPart)[];
  'path'?: (_heddle_v1_PathPart)[];
}

export interface Await__Output {
  'callNumber'?: (number);
  'at'?: (_heddle_v1_PathPart__Output)[];
  'path'?: (_heddle_v1_PathPart__Output)[];
}
