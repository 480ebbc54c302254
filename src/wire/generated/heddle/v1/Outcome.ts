// Original file: proto/heddle/v1/fabric.proto

import type { Long } from '@grpc/proto-loader';

export interface Outcome {
  'callNumber'?: (number | string | Long);
  'caller'?: (string);
  'round'?: (number);
  'timeoutMs'?: (number | string | Long);
}

export interface Outcome__Output {
  'callNumber'?: (number);
  'caller'?: (string);
  'round'?: (number);
  'timeoutMs'?: (number);
}
