// Original file: proto/heddle/v1/common.proto

export const Encoding = {
  ENCODING_JSON: 'ENCODING_JSON',
  ENCODING_BINARY: 'ENCODING_BINARY',
  ENCODING_BYTES: 'ENCODING_BYTES',
  ENCODING_UNDEFINED: 'ENCODING_UNDEFINED',
} as const;

export type Encoding =
  | 'ENCODING_JSON'
  | 0
  | 'ENCODING_BINARY'
  | 1
  | 'ENCODING_BYTES'
  | 2
  | 'ENCODING_UNDEFINED'
  | 3

export type Encoding__Output = typeof Encoding[keyof typeof Encoding]
