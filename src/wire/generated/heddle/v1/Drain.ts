// Original file: proto/heddle/v1/fabric.proto


export interface Drain {
  'server'?: (string);
  'identity'?: (string);
}

export interface Drain__Output {
  'server'?: (string);
  'identity'?: (string);
}
