// Original file: proto/heddle/v1/fabric.proto

import type { Long } from '@grpc/proto-loader';

export interface Transfer {
  'transfer'?: (number | string | Long);
  'transferBytes'?: (number | string | Long);
}

export interface Transfer__Output {
  'transfer'?: (number);
  'transferBytes'?: (number);
}
