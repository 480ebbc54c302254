// Original file: proto/heddle/v1/common.proto


export interface Need {
  'all'?: (string)[];
  'any'?: (string)[];
  'none'?: (string)[];
  'prefer'?: (string)[];
}

export interface Need__Output {
  'all'?: (string)[];
  'any'?: (string)[];
  'none'?: (string)[];
  'prefer'?: (string)[];
}
