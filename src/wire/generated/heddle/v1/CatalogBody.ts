// Original file: proto/heddle/v1/common.proto

import type { Function as _heddle_v1_Function, Function__Output as _heddle_v1_Function__Output } from '../../heddle/v1/Function.ts';

export interface CatalogBody {
  'functions'?: (_heddle_v1_Function)[];
}

export interface CatalogBody__Output {
  'functions'?: (_heddle_v1_Function__Output)[];
}
