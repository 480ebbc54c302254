// Original file: proto/heddle/v1/fabric.proto

import type { RunAccepted as _heddle_v1_RunAccepted, RunAccepted__Output as _heddle_v1_RunAccepted__Output } from '../../heddle/v1/RunAccepted.ts';
import type { LooksBare as _heddle_v1_LooksBare, LooksBare__Output as _heddle_v1_LooksBare__Output } from '../../heddle/v1/LooksBare.ts';
import type { StepWaiting as _heddle_v1_StepWaiting, StepWaiting__Output as _heddle_v1_StepWaiting__Output } from '../../heddle/v1/StepWaiting.ts';
import type { StepStarted as _heddle_v1_StepStarted, StepStarted__Output as _heddle_v1_StepStarted__Output } from '../../heddle/v1/StepStarted.ts';
import type { StepProgress as _heddle_v1_StepProgress, StepProgress__Output as _heddle_v1_StepProgress__Output } from '../../heddle/v1/StepProgress.ts';
import type { StepSettled as _heddle_v1_StepSettled, StepSettled__Output as _heddle_v1_StepSettled__Output } from '../../heddle/v1/StepSettled.ts';
import type { RunSettled as _heddle_v1_RunSettled, RunSettled__Output as _heddle_v1_RunSettled__Output } from '../../heddle/v1/RunSettled.ts';
import type { CompensationWaiting as _heddle_v1_CompensationWaiting, CompensationWaiting__Output as _heddle_v1_CompensationWaiting__Output } from '../../heddle/v1/CompensationWaiting.ts';
import type { CompensationStarted as _heddle_v1_CompensationStarted, CompensationStarted__Output as _heddle_v1_CompensationStarted__Output } from '../../heddle/v1/CompensationStarted.ts';
import type { CompensationSettled as _heddle_v1_CompensationSettled, CompensationSettled__Output as _heddle_v1_CompensationSettled__Output } from '../../heddle/v1/CompensationSettled.ts';
import type { StepOpened as _heddle_v1_StepOpened, StepOpened__Output as _heddle_v1_StepOpened__Output } from '../../heddle/v1/StepOpened.ts';
import type { ElementSettled as _heddle_v1_ElementSettled, ElementSettled__Output as _heddle_v1_ElementSettled__Output } from '../../heddle/v1/ElementSettled.ts';
import type { Long } from '@grpc/proto-loader';

export interface RunEvent {
  'seq'?: (number | string | Long);
  'atMs'?: (number | string);
  'runAccepted'?: (_heddle_v1_RunAccepted | null);
  'looksBare'?: (_heddle_v1_LooksBare | null);
  'stepWaiting'?: (_heddle_v1_StepWaiting | null);
  'stepStarted'?: (_heddle_v1_StepStarted | null);
  'stepProgress'?: (_heddle_v1_StepProgress | null);
  'stepSettled'?: (_heddle_v1_StepSettled | null);
  'runSettled'?: (_heddle_v1_RunSettled | null);
  'compensationWaiting'?: (_heddle_v1_CompensationWaiting | null);
  'compensationStarted'?: (_heddle_v1_CompensationStarted | null);
  'compensationSettled'?: (_heddle_v1_CompensationSettled | null);
  'stepOpened'?: (_heddle_v1_StepOpened | null);
  'elementSettled'?: (_heddle_v1_ElementSettled | null);
  'event'?: "runAccepted"|"looksBare"|"stepWaiting"|"stepStarted"|"stepProgress"|"stepSettled"|"runSettled"|"compensationWaiting"|"compensationStarted"|"compensationSettled"|"stepOpened"|"elementSettled";
}

export interface RunEvent__Output {
  'seq'?: (number);
  'atMs'?: (number);
  'runAccepted'?: (_heddle_v1_RunAccepted__Output);
  'looksBare'?: (_heddle_v1_LooksBare__Output);
  'stepWaiting'?: (_heddle_v1_StepWaiting__Output);
  'stepStarted'?: (_heddle_v1_StepStarted__Output);
  'stepProgress'?: (_heddle_v1_StepProgress__Output);
  'stepSettled'?: (_heddle_v1_StepSettled__Output);
  'runSettled'?: (_heddle_v1_RunSettled__Output);
  'compensationWaiting'?: (_heddle_v1_CompensationWaiting__Output);
  'compensationStarted'?: (_heddle_v1_CompensationStarted__Output);
  'compensationSettled'?: (_heddle_v1_CompensationSettled__Output);
  'stepOpened'?: (_heddle_v1_StepOpened__Output);
  'elementSettled'?: (_heddle_v1_ElementSettled__Output);
  'event'?: "runAccepted"|"looksBare"|"stepWaiting"|"stepStarted"|"stepProgress"|"stepSettled"|"runSettled"|"compensationWaiting"|"compensationStarted"|"compensationSettled"|"stepOpened"|"elementSettled";
}
