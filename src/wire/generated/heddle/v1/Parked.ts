// Original file: proto/heddle/v1/common.proto

import type { Long } from '@grpc/proto-loader';

export interface Parked {
  'server'?: (string);
  'instance'?: (string);
  'id'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'isRepeatable'?: (boolean);
  'isStream'?: (boolean);
  'whole'?: (number | string | Long);
}

export interface Parked__Output {
  'server'?: (string);
  'instance'?: (string);
  'id'?: (number);
  'bytes'?: (number);
  'isRepeatable'?: (boolean);
  'isStream'?: (boolean);
  'whole'?: (number);
}
