// Original file: proto/heddle/v1/fabric.proto


export interface CancelRequest {
  'runId'?: (string);
  'reason'?: (string);
}

export interface CancelRequest__Output {
  'runId'?: (string);
  'reason'?: (string);
}
