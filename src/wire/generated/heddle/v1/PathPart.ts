// Original file: proto/heddle/v1/common.proto

import type { Long } from '@grpc/proto-loader';

export interface PathPart {
  'key'?: (string);
  'index'?: (number | string | Long);
  'part'?: "key"|"index";
}

export interface PathPart__Output {
  'key'?: (string);
  'index'?: (number);
  'part'?: "key"|"index";
}
