// Original file: proto/heddle/v1/fabric.proto

import type { Long } from '@grpc/proto-loader';

export interface Credit {
  'bytes'?: (number | string | Long);
  'isFromOpener'?: (boolean);
}

export interface Credit__Output {
  'bytes'?: (number);
  'isFromOpener'?: (boolean);
}
