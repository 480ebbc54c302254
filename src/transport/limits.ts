/**
 * The limits of the transport, in one place. Each has a test at the edge and one beyond it.
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** One frame: a value of 64 KiB and as much again for its header and meta. A larger one is our own bug, or a hostile peer's. */
export const frameBytesMax = 128 * KiB;

/** A batch closes at this size or at this count, whichever comes first. */
export const batchBytesMax = 256 * KiB;
export const batchFramesMax = 1024;

/** Frames that a turn of the event loop delivers; by measurement, see inbox.ts. */
export const sliceFrames = 32;

/** So long a turn of the event loop delivers frames, in milliseconds, and no longer than what it is at then takes. */
export const turnMs = 10;

/** Arrived frames that wait for their turn; beyond it the stream is not read. */
export const inboxBytesMax = MiB;

/** Whole gRPC message, either way. */
export const messageBytesMax = 4 * MiB;

/** One large value, unless the transport is given another limit. */
export const valueBytesMax = 64 * MiB;

/** One part of a large value. Larger ones cost fewer calls, smaller ones let other values in sooner. */
export const chunkBytesMax = 256 * KiB;

/** What a sender may send of one value before the receiver has said anything. */
export const creditBytesInitial = chunkBytesMax;

/** What a receiver lets be under way of one value that it has room for: the flow-control window of the bulk channel. */
export const creditBytesMax = 4 * MiB;

/** Large values arriving on one link at once; further ones wait for credit. */
export const arrivingMax = 64;

/** Their bytes, the first one always let in: two of the largest values. */
export const arrivingBytesMax = 128 * MiB;

/** Large values that one link may hold back in all, for the peer or for room; beyond it the link closes. */
export const transfersMax = 4096;

/** Frames queued beyond this make a link unwritable; it becomes writable again at half of it. */
export const writableBytesMax = MiB;

/** Frames queued for a peer that does not read: 1,024 calls with 64 KiB each. Beyond it the link closes. */
export const outboxBytesMax = 64 * MiB;

/** Sockets that one remote address may hold here; a hundred servers on one machine with two links each take 400. */
export const socketsPerAddressMax = 4096;

/** Sockets in all. */
export const socketsMax = 16_384;

/** gRPC streams that one socket may hold. */
export const streamsPerSocketMax = 256;

/** Sessions, links and their channels for large values that one socket may carry; ours carry one each. */
export const conversationsPerSocketMax = 16;

/** Bytes of messages that are not whole, or that nobody has read yet: of one connection, four of the largest messages. */
export const unfinishedPerConnectionBytesMax = 16 * MiB;

/** Of all connections from one address: a hundred servers on one machine in the middle of a batch take 25 MiB. */
export const unfinishedPerAddressBytesMax = 128 * MiB;

/** Of all at one listener. */
export const unfinishedBytesMax = 256 * MiB;

/** Bytes that one connection leaves unread: two sessions that are about to overflow, or 32 of the largest answers. */
export const unreadPerConnectionBytesMax = 2 * outboxBytesMax;

/** Of all connections from one address. */
export const unreadPerAddressBytesMax = 4 * outboxBytesMax;

/** Of all at one listener. */
export const unreadBytesMax = 8 * outboxBytesMax;

/** Large values and frames that one connection has begun and not made whole: two links' worth of values, and as much in frames that lack one. */
export const keptPerConnectionBytesMax = 2 * arrivingBytesMax;

/** Of all connections from one address: eight links that are full of values. */
export const keptPerAddressBytesMax = 8 * arrivingBytesMax;

/** Of all at one listener. */
export const keptBytesMax = 16 * arrivingBytesMax;

/** From the opening of a socket or stream to its first whole message. */
export const firstMessageMs = 5000;

/** From dial to acknowledgement, unless the dial says otherwise. */
export const dialTimeoutMs = 1000;

/** What a bulk channel may take to open. */
export const bulkOpenMs = 5000;

/** What a link that is being closed may take to send what is queued. */
export const closeGraceMs = 2000;
