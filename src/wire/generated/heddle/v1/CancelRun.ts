// Original file: proto/heddle/v1/fabric.proto


export interface CancelRun {
  'runId'?: (string);
  'reason'?: (string);
}

export interface CancelRun__Output {
  'runId'?: (string);
  'reason'?: (string);
}
