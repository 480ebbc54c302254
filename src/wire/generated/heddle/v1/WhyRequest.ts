// Original file: proto/heddle/v1/fabric.proto


export interface WhyRequest {
  'runId'?: (string);
  'step'?: (string);
  'function'?: (string);
}

export interface WhyRequest__Output {
  'runId'?: (string);
  'step'?: (string);
  'function'?: (string);
}
