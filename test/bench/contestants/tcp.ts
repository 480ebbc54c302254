/**
 * The limit: bare TCP with Heddle's own batching, frame codec and value codec, and nothing else (no routing, deadlines, breakers).
 */

import { createConnection, createServer, type Socket } from 'node:net';
import { sliceFrames } from '../../../src/transport/limits.ts';
import type { CallFrame, Frame } from '../../../src/wire/frame.ts';
import { decodeFrame, encodeFrame } from '../../../src/wire/frame-codec.ts';
import { decodeArguments, decodeValue, encodeArguments, encodeValue } from '../../../src/wire/value.ts';
import type { Contestant, Serving } from '../contestant.ts';
import { answer, type Reading } from '../workload.ts';

/** Frames of one turn of the event loop, each after its length, in one write. */
class Batched {
  readonly #socket: Socket;
  readonly #onFrame: (frame: Frame) => void;
  #frames: Uint8Array[] = [];
  #isSlicing = false;
  readonly #waiting: Uint8Array[] = [];
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, onFrame: (frame: Frame) => void) {
    this.#socket = socket;
    this.#onFrame = onFrame;
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.#take(data));
    socket.on('error', () => {});
  }

  send(frame: Frame): void {
    if (this.#frames.push(encodeFrame(frame)) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    const batch = Buffer.allocUnsafe(frames.reduce((sum, frame) => sum + 4 + frame.length, 0));
    let at = 0;
    for (const frame of frames) {
      at = batch.writeUInt32LE(frame.length, at);
      batch.set(frame, at);
      at += frame.length;
    }
    this.#socket.write(batch);
  }

  /** As the links of Heddle do: so many frames a turn, so that both ends work at the same time. */
  #slice(): void {
    for (const frame of this.#waiting.splice(0, sliceFrames)) this.#onFrame(decodeFrame(frame));
    this.#isSlicing = this.#waiting.length > 0;
    if (this.#isSlicing) setImmediate(() => this.#slice());
  }

  #take(data: Buffer): void {
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      this.#waiting.push(bytes.subarray(at + 4, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    if (!this.#isSlicing) this.#slice();
  }
}

function serve(): Promise<Serving> {
  return listen((socket) => {
    const link = new Batched(socket, (frame) => {
      if (frame.kind !== 'call') return;
      const [reading] = decodeArguments(frame.args.template);
      link.send({ kind: 'reply', id: frame.id, outcome: { ok: true, value: encodeValue(answer(reading as Reading)) } });
    });
  });
}

/** Passes every call on under a number of its own, and the reply back under the caller's. */
async function relay(port: string): Promise<Serving> {
  const onward = await connected(port);
  const askers = new Map<number, { readonly id: number; readonly link: Batched }>();
  const owner = new Batched(onward, (frame) => {
    if (frame.kind !== 'reply') return;
    const asker = askers.get(frame.id);
    askers.delete(frame.id);
    asker?.link.send({ ...frame, id: asker.id });
  });
  let next = 0;
  const serving = await listen((socket) => {
    const link = new Batched(socket, (frame) => {
      if (frame.kind !== 'call') return;
      next += 1;
      askers.set(next, { id: frame.id, link });
      owner.send({ ...frame, id: next });
    });
  });
  const stop = async (): Promise<void> => {
    onward.destroy();
    await serving.stop();
  };
  return { address: serving.address, stop };
}

async function listen(onSocket: (socket: Socket) => void): Promise<Serving> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    address: String(bound.port),
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function connected(port: string): Promise<Socket> {
  const socket = createConnection({ port: Number(port), host: '127.0.0.1' });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

export const bareTcp: Contestant = {
  what: 'bare TCP: same batching by turn, frame codec and value codec; nothing else',
  serve,
  async open(port) {
    const socket = await connected(port);
    const waiting = new Map<number, (value: unknown) => void>();
    const link = new Batched(socket, (frame) => {
      if (frame.kind !== 'reply' || !frame.outcome.ok) return;
      waiting.get(frame.id)?.(decodeValue(frame.outcome.value));
      waiting.delete(frame.id);
    });
    let next = 0;
    return {
      call: (reading) =>
        new Promise((resolve) => {
          next += 1;
          waiting.set(next, resolve);
          link.send(callOf(next, reading));
        }),
      stop: () => {
        socket.destroy();
      },
    };
  },
};

/** The same through a third process, which does nothing but pass frames on. */
export const bareRelay: Contestant = {
  ...bareTcp,
  what: 'bare TCP, relayed: three processes; the one between decodes and encodes each frame, and nothing else',
  between: [relay],
};

function callOf(id: number, reading: Reading): CallFrame {
  const args = { template: encodeArguments([reading]), inputs: [] };
  const rest = { timeoutMs: 30_000, attempt: 1, paid: 0, isJsonOnly: false, wantsProgress: false, isDirect: true };
  const usual = { round: 0, acked: 0, isAgain: false, isStream: false, credit: 0, hasStreamInput: false, lost: 0 };
  return { kind: 'call', id, callNumber: id, function: 'bench.answer', version: '1.0.0', effect: 'once', args, ...rest, ...usual };
}
