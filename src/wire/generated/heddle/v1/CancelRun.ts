// Original file: proto/heddle/v1/fabric.proto


export interface CancelRun {
  'runId'?: (string);
  'reason'?: (string);
  'identity'?: (string);
}

export interface CancelRun__Output {
  'runId'?: (string);
  'reason'?: (string);
  'identity'?: (string);
}
