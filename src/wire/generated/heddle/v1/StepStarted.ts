// Original file: proto/heddle/v1/fabric.proto


export interface StepStarted {
  'step'?: (string);
  'server'?: (string);
  'attempt'?: (number);
  'element'?: (number);
  '_element'?: "element";
}

export interface StepStarted__Output {
  'step'?: (string);
  'server'?: (string);
  'attempt'?: (number);
  'element'?: (number);
  '_element'?: "element";
}
