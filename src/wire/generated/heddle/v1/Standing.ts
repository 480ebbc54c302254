// Original file: proto/heddle/v1/fabric.proto


// Original file: proto/heddle/v1/fabric.proto

export const _heddle_v1_Standing_State = {
  STATE_FORGOTTEN: 'STATE_FORGOTTEN',
  STATE_DONE: 'STATE_DONE',
  STATE_RUNNING: 'STATE_RUNNING',
  STATE_NEVER: 'STATE_NEVER',
} as const;

export type _heddle_v1_Standing_State =
  | 'STATE_FORGOTTEN'
  | 0
  | 'STATE_DONE'
  | 1
  | 'STATE_RUNNING'
  | 2
  | 'STATE_NEVER'
  | 3

export type _heddle_v1_Standing_State__Output = typeof _heddle_v1_Standing_State[keyof typeof _heddle_v1_Standing_State]

export interface Standing {
  'state'?: (_heddle_v1_Standing_State);
}

export interface Standing__Output {
  'state'?: (_heddle_v1_Standing_State__Output);
}
