// Original file: proto/heddle/v1/fabric.proto

import type { Pulling as _heddle_v1_Pulling, Pulling__Output as _heddle_v1_Pulling__Output } from '../../heddle/v1/Pulling.ts';

export interface _heddle_v1_WaitReason_Retry {
  'untilMs'?: (number | string);
  'because'?: (string);
}

export interface _heddle_v1_WaitReason_Retry__Output {
  'untilMs'?: (number);
  'because'?: (string);
}

export interface WaitReason {
  'input'?: (string);
  'noOffer'?: (string);
  'breakerUntilMs'?: (number | string);
  'concurrencyFull'?: (string);
  'runLimit'?: (number);
  'retry'?: (_heddle_v1_WaitReason_Retry | null);
  'deadlineMs'?: (number | string);
  'handOff'?: (_heddle_v1_Pulling | null);
  'lease'?: (string);
  'reason'?: "input"|"noOffer"|"breakerUntilMs"|"concurrencyFull"|"runLimit"|"retry"|"deadlineMs"|"handOff"|"lease";
}

export interface WaitReason__Output {
  'input'?: (string);
  'noOffer'?: (string);
  'breakerUntilMs'?: (number);
  'concurrencyFull'?: (string);
  'runLimit'?: (number);
  'retry'?: (_heddle_v1_WaitReason_Retry__Output);
  'deadlineMs'?: (number);
  'handOff'?: (_heddle_v1_Pulling__Output);
  'lease'?: (string);
  'reason'?: "input"|"noOffer"|"breakerUntilMs"|"concurrencyFull"|"runLimit"|"retry"|"deadlineMs"|"handOff"|"lease";
}
