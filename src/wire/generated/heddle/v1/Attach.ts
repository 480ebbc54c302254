// Original file: proto/heddle/v1/fabric.proto

import type { Long } from '@grpc/proto-loader';

export interface Attach {
  'runId'?: (string);
  'fromSequence'?: (number | string | Long);
  'identity'?: (string);
}

export interface Attach__Output {
  'runId'?: (string);
  'fromSequence'?: (number);
  'identity'?: (string);
}
