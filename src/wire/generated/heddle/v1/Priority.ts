// Original file: proto/heddle/v1/fabric.proto

export const Priority = {
  PRIORITY_DEFAULT: 'PRIORITY_DEFAULT',
  PRIORITY_BATCH: 'PRIORITY_BATCH',
  PRIORITY_CRITICAL: 'PRIORITY_CRITICAL',
} as const;

export type Priority =
  | 'PRIORITY_DEFAULT'
  | 0
  | 'PRIORITY_BATCH'
  | 1
  | 'PRIORITY_CRITICAL'
  | 2

export type Priority__Output = typeof Priority[keyof typeof Priority]
