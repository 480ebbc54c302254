// Original file: proto/heddle/v1/common.proto


export interface Welcome {
  'isRefused'?: (boolean);
  'bulkToken'?: (Buffer | Uint8Array | string);
}

export interface Welcome__Output {
  'isRefused'?: (boolean);
  'bulkToken'?: (Buffer);
}
