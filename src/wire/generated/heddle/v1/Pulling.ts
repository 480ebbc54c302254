// Original file: proto/heddle/v1/fabric.proto


export interface Pulling {
  'step'?: (string);
  'server'?: (string);
}

export interface Pulling__Output {
  'step'?: (string);
  'server'?: (string);
}
