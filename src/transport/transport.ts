/**
 * The transport port: how bytes get from one process to another. Two implementations, memory and gRPC,
 * under one contract suite (test/contract/transport.test.ts).
 *
 * T1 frames of one link arrive in the order in which they were sent, each once, or the link closes.
 * T2 a frame sent after `onClose` goes nowhere and throws nothing.
 * T3 `onClose` is called exactly once; nothing is delivered after it.
 * T4 a dial ends within its `timeoutMs`, whatever the peer does.
 * T5 large values do not hold up frames.
 * The room moves bytes: what a frame or a hello says belongs to wire and fabric.
 */

import type { HeddleError, UnauthenticatedReason } from '../errors.ts';
import type { PeerCertificate } from './peer-certificate.ts';

export type { PeerCertificate } from './peer-certificate.ts';

/** `link`: between servers, both ways. `session`: a client's, dialled by the client. */
export type LinkKind = 'link' | 'session';

/** Why a dial failed or a link closed, as far as the socket can tell. */
export type Evidence =
  /** the address answered with a refusal: nothing listens there */
  | 'refused'
  /** no answer at all */
  | 'silent'
  /** TCP was accepted and then nothing was said: a busy event loop or a stopped process */
  | 'stalled'
  /** the connection was reset */
  | 'reset'
  /** the name does not resolve */
  | 'unresolved'
  /** this side closed it */
  | 'local'
  /** the other side closed it in good order */
  | 'remote';

export interface LinkHandlers {
  /** One frame. The bytes belong to the receiver (they may be a view into a larger buffer). */
  readonly onFrame: (frame: Uint8Array) => void;
  /** One large value, whole, under the number its sender gave it. */
  readonly onLarge: (transfer: number, value: Uint8Array) => void;
  /** `isWritable` became true again. */
  readonly onWritable: () => void;
  readonly onClose: (evidence: Evidence, message: string) => void;
}

/** Bytes of frames and large values, with what wraps them; what HTTP/2, TLS and TCP add is not in it. */
export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface Link {
  readonly kind: LinkKind;
  /** The address that was dialled; of an arrival, the one that the socket sees. */
  readonly remoteAddress: string;
  /** Whose it is at the other end, by a certificate that was checked; undefined without TLS, and of a client that showed none. */
  readonly certificate?: PeerCertificate | undefined;
  /** False while the peer reads more slowly than we write; frames sent all the same are kept, in order. */
  readonly isWritable: boolean;
  /** How long the frame that is being delivered waited in this process, in milliseconds; absent: not at all. */
  readonly waitedMs?: number;
  /** What has passed over it so far, both ways; absent: nobody counts. */
  readonly traffic?: Traffic;
  /** Must be called once, soon; what arrived before is kept, in order, and delivered from the next turn on. */
  open(handlers: LinkHandlers): void;
  /**
   * Queues one frame (at most `frameBytesMax`, asserted), which belongs to the link from now on. All frames of one turn
   * of the event loop go out at its end, as one batch. A peer that never reads costs `outboxBytesMax`; then the link closes
   * as `stalled`.
   */
  send(frame: Uint8Array): void;
  /** Calls back once all that was sent so far is with the operating system, or the link is closed; at once when that is so. */
  whenWritten(done: () => void): void;
  /**
   * Sends a value of any size up to the limit beside the frames, in chunks, under credit; `value` must not change
   * meanwhile. `transfer` is a number of the sender's choosing that it has not used on this link before. Resolves when
   * the peer has the whole value or has dropped it; rejects with `too_large`, with `cancelled` when
   * `signal` aborts (the peer then drops its part), with `closed` when the link closes first.
   */
  sendLarge(transfer: number, value: Uint8Array, signal?: AbortSignal): Promise<void>;
  /**
   * Says how many bytes of what came the receiver keeps because something that belongs to them has not come: a listener cuts those off
   * who make it keep too much. Absent: nobody counts.
   */
  keeps?(bytes: number): void;
  /** Gives up a large value that is arriving or will: `onLarge` is not called for it. */
  dropLarge(transfer: number): void;
  /**
   * Sends what is queued and the large values under way (within 2 s), then closes. From this call on nothing is
   * delivered; `onClose` follows with `local`.
   */
  close(): void;
}

export interface DialOptions {
  /** `host:port`. */
  readonly address: string;
  readonly kind: LinkKind;
  /** The first message, answered by the peer's acceptor. */
  readonly hello: Uint8Array;
  /** From dial to acknowledgement; default 1,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Dialled {
  /** The acceptor's answer; when `isAccepted` is false the link is closed already. */
  readonly ack: Uint8Array;
  readonly isAccepted: boolean;
  readonly link: Link;
}

export interface Arrival {
  readonly link: Link;
  readonly hello: Uint8Array;
}

export interface Answer {
  readonly isAccepted: boolean;
  readonly ack: Uint8Array;
}

/** What a foreign client may ask and get one answer to, and what many. */
export type ForeignQuestion = 'call' | 'explain' | 'why' | 'cancel';
export type ForeignStream = 'stream' | 'submit' | 'watch';

/** One request of a foreign client: gRPC's own unary or server-streaming call. */
export interface ForeignRequest {
  readonly message: Uint8Array;
  /** Milliseconds left by the client's deadline; undefined without one. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal;
  readonly remoteAddress: string;
  /** As of a link. */
  readonly certificate?: PeerCertificate | undefined;
  /** The metadata `authorization`, as it came. */
  readonly authorization?: string | undefined;
  /** The metadata `traceparent` and `tracestate`, as they came. */
  readonly trace?: { readonly traceparent: string; readonly tracestate?: string | undefined } | undefined;
}

/** Somebody whom a listener did not let in. */
export interface RefusedPeer {
  readonly remoteAddress: string;
  readonly reason: UnauthenticatedReason;
  readonly why: string;
}

/** What a listener asks of the room above. A HeddleError thrown by `ask` or `follow` becomes its gRPC status. */
export interface Acceptor {
  /**
   * Decides on a link or session. `arrival.link` may be opened already; what is sent on it goes out after the answer.
   * Refused, it closes as `local` once the answer is out. An `unauthenticated` that is thrown reaches whoever dialled.
   */
  accept(arrival: Arrival): Promise<Answer> | Answer;
  /** One message of a foreign client, and its one answer. */
  ask(question: ForeignQuestion, request: ForeignRequest): Promise<Uint8Array>;
  /** The same with answers until the end; the next one is taken when the client has room for it. */
  follow(stream: ForeignStream, request: ForeignRequest): AsyncIterable<Uint8Array>;
  /**
   * Answers a newcomer who has no certificate yet, by a message too. Absent: whoever has none is refused, as everywhere.
   * `remoteAddress` is without port.
   */
  readonly join?: ((message: Uint8Array, remoteAddress: string) => Uint8Array) | undefined;
  /** Somebody was not let in, before they could ask for anything. */
  refused?(who: RefusedPeer): void;
  /** Somebody took more than one may, and was cut off. */
  dropped?(who: { readonly remoteAddress: string; readonly why: string }): void;
  /** Whether the holder of a certificate may look into the process; without it everybody who gets so far may. */
  mayLookInside?(certificate: PeerCertificate | undefined): boolean;
  /** The services for foreign clients as `FileDescriptorProto`s, for reflection. */
  describe?(): readonly Uint8Array[];
  /** The bytes of an error for foreign clients (trailing metadata `heddle-error-bin`); without it code and `executed` travel. */
  encodeError?(error: HeddleError): Uint8Array;
}

/** A fixed port, any free one, or the first free one of a range. */
export type PortChoice = number | 'auto' | { readonly from: number; readonly to: number };

export interface ListenOptions {
  readonly host: string;
  readonly port: PortChoice;
  /** Also listens there for the tools of an operator; gRPC only. Default: nowhere. */
  readonly admin?: { readonly host: string; readonly port: PortChoice } | undefined;
}

export interface Listener {
  readonly host: string;
  /** The port really bound. */
  readonly port: number;
  /** Where the admin listener is, when one was asked for. */
  readonly admin?: { readonly host: string; readonly port: number };
  /** Says whether work is taken, to whoever checks health; until it is called none is. gRPC only. */
  setServing?(isServing: boolean): void;
  /** Stops listening, closes every link that came in, and resolves when no socket is left. */
  close(): Promise<void>;
}

export interface Transport {
  /** Throws `bad_settings` naming the port and what to do when it cannot be bound. */
  listen(options: ListenOptions, acceptor: Acceptor): Promise<Listener>;
  /** Rejects with `unreachable` (`detail.evidence` as above), `unauthenticated` or `cancelled`. */
  dial(options: DialOptions): Promise<Dialled>;
  /** Closes every link that was dialled. */
  close(): Promise<void>;
}
