// Original file: proto/heddle/v1/common.proto

import type { Long } from '@grpc/proto-loader';

export interface Chunk {
  'transfer'?: (number | string | Long);
  'bytesTotal'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
  'credit'?: (number | string | Long);
  'isDropped'?: (boolean);
  'isUnwanted'?: (boolean);
  'token'?: (Buffer | Uint8Array | string);
  'isReceived'?: (boolean);
}

export interface Chunk__Output {
  'transfer'?: (number);
  'bytesTotal'?: (number);
  'data'?: (Buffer);
  'credit'?: (number);
  'isDropped'?: (boolean);
  'isUnwanted'?: (boolean);
  'token'?: (Buffer);
  'isReceived'?: (boolean);
}
