// Original file: proto/heddle/v1/fabric.proto


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
  'reason'?: "input"|"noOffer"|"breakerUntilMs"|"concurrencyFull"|"runLimit"|"retry"|"deadlineMs";
}

export interface WaitReason__Output {
  'input'?: (string);
  'noOffer'?: (string);
  'breakerUntilMs'?: (number);
  'concurrencyFull'?: (string);
  'runLimit'?: (number);
  'retry'?: (_heddle_v1_WaitReason_Retry__Output);
  'deadlineMs'?: (number);
  'reason'?: "input"|"noOffer"|"breakerUntilMs"|"concurrencyFull"|"runLimit"|"retry"|"deadlineMs";
}
