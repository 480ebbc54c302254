// Original file: proto/heddle/v1/fabric.proto

import type { Encoding as _heddle_v1_Encoding, Encoding__Output as _heddle_v1_Encoding__Output } from '../../heddle/v1/Encoding.ts';
import type { Long } from '@grpc/proto-loader';

export interface WatchRequest {
  'runId'?: (string);
  'fromSequence'?: (number | string | Long);
  'reads'?: (_heddle_v1_Encoding)[];
}

export interface WatchRequest__Output {
  'runId'?: (string);
  'fromSequence'?: (number);
  'reads'?: (_heddle_v1_Encoding__Output)[];
}
