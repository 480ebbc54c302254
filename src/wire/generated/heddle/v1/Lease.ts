// Original file: proto/heddle/v1/fabric.proto

import type { Long } from '@grpc/proto-loader';

export interface Lease {
  'renewed'?: (number | string | Long)[];
  'forMs'?: (number | string | Long);
  'released'?: (number | string | Long)[];
  'server'?: (string);
  'instance'?: (string);
}

export interface Lease__Output {
  'renewed'?: (number)[];
  'forMs'?: (number);
  'released'?: (number)[];
  'server'?: (string);
  'instance'?: (string);
}
