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
import type { Item as _heddle_v1_Item, Item__Output as _heddle_v1_Item__Output } from '../../heddle/v1/Item.ts';
import type { Credit as _heddle_v1_Credit, Credit__Output as _heddle_v1_Credit__Output } from '../../heddle/v1/Credit.ts';
import type { End as _heddle_v1_End, End__Output as _heddle_v1_End__Output } from '../../heddle/v1/End.ts';
import type { Outcome as _heddle_v1_Outcome, Outcome__Output as _heddle_v1_Outcome__Output } from '../../heddle/v1/Outcome.ts';
import type { Standing as _heddle_v1_Standing, Standing__Output as _heddle_v1_Standing__Output } from '../../heddle/v1/Standing.ts';
import type { Watch as _heddle_v1_Watch, Watch__Output as _heddle_v1_Watch__Output } from '../../heddle/v1/Watch.ts';
import type { Drain as _heddle_v1_Drain, Drain__Output as _heddle_v1_Drain__Output } from '../../heddle/v1/Drain.ts';
import type { Group as _heddle_v1_Group, Group__Output as _heddle_v1_Group__Output } from '../../heddle/v1/Group.ts';
import type { Pull as _heddle_v1_Pull, Pull__Output as _heddle_v1_Pull__Output } from '../../heddle/v1/Pull.ts';
import type { Lease as _heddle_v1_Lease, Lease__Output as _heddle_v1_Lease__Output } from '../../heddle/v1/Lease.ts';
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
  'item'?: (_heddle_v1_Item | null);
  'credit'?: (_heddle_v1_Credit | null);
  'end'?: (_heddle_v1_End | null);
  'outcome'?: (_heddle_v1_Outcome | null);
  'standing'?: (_heddle_v1_Standing | null);
  'watch'?: (_heddle_v1_Watch | null);
  'drain'?: (_heddle_v1_Drain | null);
  'group'?: (_heddle_v1_Group | null);
  'pull'?: (_heddle_v1_Pull | null);
  'lease'?: (_heddle_v1_Lease | null);
  'body'?: "call"|"reply"|"cancel"|"progress"|"query"|"submit"|"attach"|"cancelRun"|"runEvent"|"servers"|"mesh"|"beside"|"item"|"credit"|"end"|"outcome"|"standing"|"watch"|"drain"|"group"|"pull"|"lease";
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
  'item'?: (_heddle_v1_Item__Output);
  'credit'?: (_heddle_v1_Credit__Output);
  'end'?: (_heddle_v1_End__Output);
  'outcome'?: (_heddle_v1_Outcome__Output);
  'standing'?: (_heddle_v1_Standing__Output);
  'watch'?: (_heddle_v1_Watch__Output);
  'drain'?: (_heddle_v1_Drain__Output);
  'group'?: (_heddle_v1_Group__Output);
  'pull'?: (_heddle_v1_Pull__Output);
  'lease'?: (_heddle_v1_Lease__Output);
  'body'?: "call"|"reply"|"cancel"|"progress"|"query"|"submit"|"attach"|"cancelRun"|"runEvent"|"servers"|"mesh"|"beside"|"item"|"credit"|"end"|"outcome"|"standing"|"watch"|"drain"|"group"|"pull"|"lease";
}
