// Original file: proto/heddle/v1/fabric.proto


export interface CompensationStarted {
  'step'?: (string);
  'server'?: (string);
  'attempt'?: (number);
  'element'?: (number);
  '_element'?: "element";
}

export interface CompensationStarted__Output {
  'step'?: (string);
  'server'?: (string);
  'attempt'?: (number);
  'element'?: (number);
  '_element'?: "element";
}
