// Original file: proto/heddle/v1/common.proto


export interface Tree {
  'json'?: (Buffer | Uint8Array | string);
  'attachments'?: (Buffer | Uint8Array | string)[];
}

export interface Tree__Output {
  'json'?: (Buffer);
  'attachments'?: (Buffer)[];
}
