// Original file: proto/heddle/v1/common.proto

export const Executed = {
  EXECUTED_NO: 'EXECUTED_NO',
  EXECUTED_MAYBE: 'EXECUTED_MAYBE',
  EXECUTED_YES: 'EXECUTED_YES',
} as const;

export type Executed =
  | 'EXECUTED_NO'
  | 0
  | 'EXECUTED_MAYBE'
  | 1
  | 'EXECUTED_YES'
  | 2

export type Executed__Output = typeof Executed[keyof typeof Executed]
