// Original file: proto/heddle/v1/fabric.proto


export interface Cancel {
  'reason'?: (string);
}

export interface Cancel__Output {
  'reason'?: (string);
}
