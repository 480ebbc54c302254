// Original file: proto/heddle/v1/fabric.proto

import type { CatalogServer as _heddle_v1_CatalogServer, CatalogServer__Output as _heddle_v1_CatalogServer__Output } from '../../heddle/v1/CatalogServer.ts';

export interface CatalogNews {
  'gone'?: (string)[];
  'servers'?: (_heddle_v1_CatalogServer)[];
  'isWhole'?: (boolean);
}

export interface CatalogNews__Output {
  'gone'?: (string)[];
  'servers'?: (_heddle_v1_CatalogServer__Output)[];
  'isWhole'?: (boolean);
}
