// Original file: proto/heddle/v1/common.proto

export const Effect = {
  EFFECT_UNSPECIFIED: 'EFFECT_UNSPECIFIED',
  EFFECT_PURE: 'EFFECT_PURE',
  EFFECT_IDEMPOTENT: 'EFFECT_IDEMPOTENT',
  EFFECT_ONCE: 'EFFECT_ONCE',
} as const;

export type Effect =
  | 'EFFECT_UNSPECIFIED'
  | 0
  | 'EFFECT_PURE'
  | 1
  | 'EFFECT_IDEMPOTENT'
  | 2
  | 'EFFECT_ONCE'
  | 3

export type Effect__Output = typeof Effect[keyof typeof Effect]
