// Original file: proto/heddle/v1/fabric.proto

import type { CatalogBody as _heddle_v1_CatalogBody, CatalogBody__Output as _heddle_v1_CatalogBody__Output } from '../../heddle/v1/CatalogBody.ts';
import type { Long } from '@grpc/proto-loader';

export interface CatalogServer {
  'name'?: (string);
  'instance'?: (string);
  'url'?: (string);
  'status'?: (string);
  'epoch'?: (number | string | Long);
  'resources'?: (string)[];
  'offers'?: (_heddle_v1_CatalogBody | null);
}

export interface CatalogServer__Output {
  'name'?: (string);
  'instance'?: (string);
  'url'?: (string);
  'status'?: (string);
  'epoch'?: (number);
  'resources'?: (string)[];
  'offers'?: (_heddle_v1_CatalogBody__Output);
}
