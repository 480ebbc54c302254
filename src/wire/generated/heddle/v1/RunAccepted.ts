// Original file: proto/heddle/v1/fabric.proto


export interface RunAccepted {
  'runId'?: (string);
  'coordinator'?: (string);
  'steps'?: (string)[];
}

export interface RunAccepted__Output {
  'runId'?: (string);
  'coordinator'?: (string);
  'steps'?: (string)[];
}
