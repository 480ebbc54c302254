// Original file: proto/heddle/v1/fabric.proto


export interface Seats {
  'servers'?: (string)[];
  'of'?: (number)[];
}

export interface Seats__Output {
  'servers'?: (string)[];
  'of'?: (number)[];
}
