/**
 * What one HTTP/2 stream has written and its socket has not taken, and how its connection reads on meanwhile.
 *
 * Node reads nothing on a connection while a write waits for room in the socket. Two ends that have both written more than what lies
 * between them holds would wait for each other until their keepalive ends the link. How much that is, is the system's and the network's
 * business (100 KiB on a young connection), and what is on its way is seen by neither: no pace of writing excludes it.
 * W1 a connection whose write has waited for `readOnMs` reads all the same: of two ends one takes what the other wrote, which then reads.
 * W2 Node keeps what came until the write is done: as much as flow control lets a peer send; of more nothing is read before that.
 * W3 there is a timer only while something is written, and one for all that is written within `readOnMs`; where that has happened,
 *    it is likely to happen again, and is looked for sooner for a while.
 */

import type { Duplex } from 'node:stream';

import { type CancelTask, type Clock, inNextTurn } from '../base/clock.ts';
import { isObject } from '../base/objects.ts';
import { creditBytesMax } from './limits.ts';

/** Lower ends a stand-still sooner; higher wakes less often while a peer is slow. */
const readOnMs = 10;
/** Once it has read on; twice as much after each look that finds no need. */
const readOnAgainMs = 1;
/** The largest window of a connection, and room for what has none. */
const readOnBytesMax = creditBytesMax + 256 * 1024;

/** What libuv knows of a socket; Node has it on every socket, and shows it to nobody. */
interface SocketHandle {
  readonly writeQueueSize: number;
  readonly bytesRead: number;
  readStart(): void;
  readStop(): void;
}

export class PendingWrites {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  #pending = 0;
  /** Writes that were taken, in all, and at the last look. */
  #taken = 0;
  #takenBefore = 0;
  #cancel: CancelTask | undefined;
  #lookMs = readOnMs;
  /** Where W2 ends, in bytes read since the connection opened. */
  #lastByte: number | undefined;

  constructor(stream: Duplex, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.once('close', () => this.#cancel?.());
  }

  begin(): void {
    this.#pending += 1;
    if (!this.#cancel) this.#arm();
  }

  /** Called for each that has begun, when it was taken. */
  end(): void {
    this.#pending -= 1;
    this.#taken += 1;
  }

  #arm(): void {
    this.#takenBefore = this.#taken;
    this.#cancel = this.#clock.schedule(this.#lookMs, () => this.#look());
  }

  #look(): void {
    this.#cancel = undefined;
    if (this.#pending === 0 || this.#stream.destroyed) return;
    this.#lookMs = Math.min(readOnMs, this.#lookMs * 2);
    if (this.#taken === this.#takenBefore) this.#readOn();
    else this.#lastByte = undefined;
    this.#arm();
  }

  /** W1: for one turn, in which libuv reads 2 MiB at the most. */
  #readOn(): void {
    const handle = handleOf(this.#stream);
    // The peer's window is what the write waits for: Node reads.
    if (!handle || handle.writeQueueSize === 0) return;
    this.#lastByte ??= handle.bytesRead + readOnBytesMax;
    if (handle.bytesRead >= this.#lastByte) return;
    this.#lookMs = readOnAgainMs;
    handle.readStart();
    // While a write waits Node takes it for stopped, and starts it after that.
    inNextTurn(() => {
      if (handle.writeQueueSize > 0) handle.readStop();
    });
  }
}

/** The handle of the socket under a stream; undefined where there is none (any more). */
function handleOf(stream: Duplex): SocketHandle | undefined {
  const session: unknown = Reflect.get(stream, 'session');
  if (stream.destroyed || !isObject(session) || Reflect.get(session, 'destroyed') === true) return undefined;
  const socket: unknown = Reflect.get(session, 'socket');
  const handle: unknown = isObject(socket) ? Reflect.get(socket, '_handle') : undefined;
  return isObject(handle) && isSocketHandle(handle) ? handle : undefined;
}

function isSocketHandle(handle: object): handle is SocketHandle {
  return 'writeQueueSize' in handle && 'bytesRead' in handle && 'readStart' in handle && 'readStop' in handle;
}
