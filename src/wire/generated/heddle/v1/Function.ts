// Original file: proto/heddle/v1/common.proto

import type { Effect as _heddle_v1_Effect, Effect__Output as _heddle_v1_Effect__Output } from '../../heddle/v1/Effect.ts';
import type { OfferKind as _heddle_v1_OfferKind, OfferKind__Output as _heddle_v1_OfferKind__Output } from '../../heddle/v1/OfferKind.ts';

export interface Function {
  'name'?: (string);
  'version'?: (string);
  'effect'?: (_heddle_v1_Effect);
  'kind'?: (_heddle_v1_OfferKind);
  'resources'?: (string)[];
  'timeoutMs'?: (number | string);
  'concurrency'?: (number);
  'inputSchema'?: (string);
  'outputSchema'?: (string);
}

export interface Function__Output {
  'name'?: (string);
  'version'?: (string);
  'effect'?: (_heddle_v1_Effect__Output);
  'kind'?: (_heddle_v1_OfferKind__Output);
  'resources'?: (string)[];
  'timeoutMs'?: (number);
  'concurrency'?: (number);
  'inputSchema'?: (string);
  'outputSchema'?: (string);
}
