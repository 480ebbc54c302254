// Original file: proto/heddle/v1/fabric.proto


export interface LooksBare {
  'step'?: (string);
  'text'?: (string);
}

export interface LooksBare__Output {
  'step'?: (string);
  'text'?: (string);
}
