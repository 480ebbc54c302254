/**
 * The gRPC settings that Heddle pins, and the names of its methods.
 */

import type { ChannelOptions } from '@grpc/grpc-js';

import { messageBytesMax, streamsPerSocketMax } from './limits.ts';
import type { ForeignQuestion, ForeignStream, LinkKind } from './transport.ts';

/** HTTP/2 pings on a connection, whether streams are open on it or not. */
export interface Keepalive {
  /** Between pings. Lower finds a dead peer sooner and keeps stricter middleboxes open; higher wakes laptops less. */
  readonly timeMs: number;
  /** How long an answer may take before the connection counts as lost. */
  readonly timeoutMs: number;
}

export const defaultKeepalive: Keepalive = { timeMs: 10_000, timeoutMs: 5000 };

/** Flow-control window of a link: at 50 ms round trip, 20 MB/s of frames. */
const linkWindowBytes = 1024 * 1024;
/** Of a bulk channel: at 50 ms round trip, 80 MB/s of large values. */
const bulkWindowBytes = 4 * 1024 * 1024;

export const methods = {
  link: { stream: '/heddle.v1.Mesh/Link', bulk: '/heddle.v1.Mesh/Bulk' },
  session: { stream: '/heddle.v1.Fabric/Session', bulk: '/heddle.v1.Fabric/Bulk' },
} as const satisfies Record<LinkKind, { readonly stream: string; readonly bulk: string }>;

export const questionMethods = {
  call: '/heddle.v1.Fabric/Call',
  explain: '/heddle.v1.Fabric/Explain',
  why: '/heddle.v1.Fabric/Why',
  cancel: '/heddle.v1.Fabric/Cancel',
} as const satisfies Record<ForeignQuestion, string>;

/** Asked by newcomers, who have no certificate yet; answered where a server shares. */
export const joinMethod = '/heddle.v1.Mesh/Join';

export const streamMethods = {
  stream: '/heddle.v1.Fabric/Stream',
  submit: '/heddle.v1.Fabric/Submit',
  watch: '/heddle.v1.Fabric/Watch',
} as const satisfies Record<ForeignStream, string>;

/** Window of the connection that carries `path`. */
export function windowBytes(path: string): number {
  return path === methods.link.bulk || path === methods.session.bulk ? bulkWindowBytes : linkWindowBytes;
}

/** What the channels and servers of one transport share. */
export interface ChannelSettings {
  readonly keepalive: Keepalive;
  /** They are counted, and told about on the admin listener. */
  readonly hasChannelz: boolean;
}

/** For servers. (Of windows a grpc-js server knows nothing; see grpc-interceptor.ts.) */
export function serverOptions({ keepalive, hasChannelz }: ChannelSettings): ChannelOptions {
  return {
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
    'grpc.max_concurrent_streams': streamsPerSocketMax,
    'grpc.keepalive_time_ms': keepalive.timeMs,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
    'grpc.enable_channelz': hasChannelz ? 1 : 0,
  };
}

/** For the connection that carries the stream `path` to the server called `authority`. */
export function channelOptions(settings: ChannelSettings, path: string, authority: string): ChannelOptions {
  return {
    ...serverOptions(settings),
    'grpc.keepalive_permit_without_calls': 1,
    // The default of 120 s made recovery take 1.3 s instead of 0.1 s.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // A connection of its own for every link: none shares the fate, the window or the queue of another.
    'grpc.use_local_subchannel_pool': 1,
    'grpc-node.flow_control_window': windowBytes(path),
    // What may be tried again is decided above; a retry buffer would also hold every message sent.
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.default_authority': authority,
  };
}
