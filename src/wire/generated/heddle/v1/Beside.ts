// Original file: proto/heddle/v1/fabric.proto

import type { Transfer as _heddle_v1_Transfer, Transfer__Output as _heddle_v1_Transfer__Output } from '../../heddle/v1/Transfer.ts';
import type { Long } from '@grpc/proto-loader';

export interface Beside {
  'field'?: (number);
  'transfer'?: (number | string | Long);
  'transferBytes'?: (number | string | Long);
  'values'?: (_heddle_v1_Transfer)[];
}

export interface Beside__Output {
  'field'?: (number);
  'transfer'?: (number);
  'transferBytes'?: (number);
  'values'?: (_heddle_v1_Transfer__Output)[];
}
