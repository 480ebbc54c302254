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

const ours: readonly string[] = [methods.link.stream, methods.link.bulk, methods.session.stream, methods.session.bulk];

/** Whether `path` is a stream of links and sessions: both its ends are this room's. */
export function isOurs(path: string): boolean {
  return ours.includes(path);
}

/** Window of the connection that carries `path`. */
export function windowBytes(path: string): number {
  return path === methods.link.bulk || path === methods.session.bulk ? bulkWindowBytes : linkWindowBytes;
}

/** What the connections and servers of one transport share. */
export interface ChannelSettings {
  readonly keepalive: Keepalive;
  /** What comes in is counted, and told about on the admin listener. */
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
