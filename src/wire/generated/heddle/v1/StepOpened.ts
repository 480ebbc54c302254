// Original file: proto/heddle/v1/fabric.proto


export interface StepOpened {
  'step'?: (string);
  'elements'?: (number);
}

export interface StepOpened__Output {
  'step'?: (string);
  'elements'?: (number);
}
