// Original file: proto/heddle/v1/fabric.proto

import type { Error as _heddle_v1_Error, Error__Output as _heddle_v1_Error__Output } from '../../heddle/v1/Error.ts';
import type { Long } from '@grpc/proto-loader';

export interface SessionAck {
  'refusal'?: (_heddle_v1_Error | null);
  'server'?: (string);
  'instance'?: (string);
  'cluster'?: (string);
  'addresses'?: (string)[];
  'protocol'?: (number);
  'proofMs'?: (number | string | Long);
}

export interface SessionAck__Output {
  'refusal'?: (_heddle_v1_Error__Output);
  'server'?: (string);
  'instance'?: (string);
  'cluster'?: (string);
  'addresses'?: (string)[];
  'protocol'?: (number);
  'proofMs'?: (number);
}
