// Original file: proto/heddle/v1/fabric.proto

import type { CatalogNews as _heddle_v1_CatalogNews, CatalogNews__Output as _heddle_v1_CatalogNews__Output } from '../../heddle/v1/CatalogNews.ts';
import type { RunEvent as _heddle_v1_RunEvent, RunEvent__Output as _heddle_v1_RunEvent__Output } from '../../heddle/v1/RunEvent.ts';

export interface WatchEvent {
  'catalog'?: (_heddle_v1_CatalogNews | null);
  'run'?: (_heddle_v1_RunEvent | null);
  'event'?: "catalog"|"run";
}

export interface WatchEvent__Output {
  'catalog'?: (_heddle_v1_CatalogNews__Output);
  'run'?: (_heddle_v1_RunEvent__Output);
  'event'?: "catalog"|"run";
}
