// Original file: proto/heddle/v1/fabric.proto

import type { Call as _heddle_v1_Call, Call__Output as _heddle_v1_Call__Output } from '../../heddle/v1/Call.ts';
import type { Reply as _heddle_v1_Reply, Reply__Output as _heddle_v1_Reply__Output } from '../../heddle/v1/Reply.ts';
import type { Cancel as _heddle_v1_Cancel, Cancel__Output as _heddle_v1_Cancel__Output } from '../../heddle/v1/Cancel.ts';
import type { Progress as _heddle_v1_Progress, Progress__Output as _heddle_v1_Progress__Output } from '../../heddle/v1/Progress.ts';
import type { Query as _heddle_v1_Query, Query__Output as _heddle_v1_Query__Output } from '../../heddle/v1/Query.ts';
import type { Submit as _heddle_v1_Submit, Submit__Output as _heddle_v1_Submit__Output } from '../../heddle/v1/Submit.ts';
import type { Attach as _heddle_v1_Attach, Attach__Output as _heddle_v1_Attach__Output } from '../../heddle/v1/Attach.ts';
import type { CancelRun as _heddle_v1_CancelRun, CancelRun__Output as _heddle_v1_CancelRun__Output } from '../../heddle/v1/CancelRun.ts';
import type { RunEvent as _heddle_v1_RunEvent, RunEvent__Output as _heddle_v1_RunEvent__Output } from '../../heddle/v1/RunEvent.ts';
import type { Servers as _heddle_v1_Servers, Servers__Output as _heddle_v1_Servers__Output } from '../../heddle/v1/Servers.ts';
import type { Beside as _heddle_v1_Beside, Beside__Output as _heddle_v1_Beside__Output } from '../../heddle/v1/Beside.ts';
import type { Long } from '@grpc/proto-loader';

export interface Frame {
  'id'?: (number | string | Long);
  'call'?: (_heddle_v1_Call | null);
  'reply'?: (_heddle_v1_Reply | null);
  'cancel'?: (_heddle_v1_Cancel | null);
  'progress'?: (_heddle_v1_Progress | null);
  'query'?: (_heddle_v1_Query | null);
  'submit'?: (_heddle_v1_Submit | null);
  'attach'?: (_heddle_v1_Attach | null);
  'cancelRun'?: (_heddle_v1_CancelRun | null);
  'runEvent'?: (_heddle_v1_RunEvent | null);
  'servers'?: (_heddle_v1_Servers | null);
  'mesh'?: (Buffer | Uint8Array | string);
  'beside'?: (_heddle_v1_Beside | null);
  'body'?: "call"|"reply"|"cancel"|"progress"|"query"|"submit"|"attach"|"cancelRun"|"runEvent"|"servers"|"mesh"|"beside";
}

export interface Frame__Output {
  'id'?: (number);
  'call'?: (_heddle_v1_Call__Output);
  'reply'?: (_heddle_v1_Reply__Output);
  'cancel'?: (_heddle_v1_Cancel__Output);
  'progress'?: (_heddle_v1_Progress__Output);
  'query'?: (_heddle_v1_Query__Output);
  'submit'?: (_heddle_v1_Submit__Output);
  'attach'?: (_heddle_v1_Attach__Output);
  'cancelRun'?: (_heddle_v1_CancelRun__Output);
  'runEvent'?: (_heddle_v1_RunEvent__Output);
  'servers'?: (_heddle_v1_Servers__Output);
  'mesh'?: (Buffer);
  'beside'?: (_heddle_v1_Beside__Output);
  'body'?: "call"|"reply"|"cancel"|"progress"|"query"|"submit"|"attach"|"cancelRun"|"runEvent"|"servers"|"mesh"|"beside";
}
