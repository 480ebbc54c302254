// Original file: proto/heddle/v1/fabric.proto


export interface Cancel {
  'reason'?: (string);
  'hasLeft'?: (boolean);
}

export interface Cancel__Output {
  'reason'?: (string);
  'hasLeft'?: (boolean);
}
