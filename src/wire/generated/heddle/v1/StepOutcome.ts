// Original file: proto/heddle/v1/fabric.proto

export const StepOutcome = {
  STEP_OUTCOME_MAYBE: 'STEP_OUTCOME_MAYBE',
  STEP_OUTCOME_DONE: 'STEP_OUTCOME_DONE',
  STEP_OUTCOME_FAILED: 'STEP_OUTCOME_FAILED',
  STEP_OUTCOME_NOT_RUN: 'STEP_OUTCOME_NOT_RUN',
} as const;

export type StepOutcome =
  | 'STEP_OUTCOME_MAYBE'
  | 0
  | 'STEP_OUTCOME_DONE'
  | 1
  | 'STEP_OUTCOME_FAILED'
  | 2
  | 'STEP_OUTCOME_NOT_RUN'
  | 3

export type StepOutcome__Output = typeof StepOutcome[keyof typeof StepOutcome]
