// Original file: proto/heddle/v1/fabric.proto


export interface Servers {
  'addresses'?: (string)[];
  'isMoving'?: (boolean);
}

export interface Servers__Output {
  'addresses'?: (string)[];
  'isMoving'?: (boolean);
}
