/**
 * A member of a newer build, as much of one as servers notice: it greets with fields and features that this build does not
 * know, says words of kinds that nobody here reads, and asks for what a server holds, byte for byte.
 */

import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Hello, HelloAck, MeshMessage } from '../../src/core/gossip/message.ts';
import { meshLimits } from '../../src/core/gossip/settings.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import type { Link } from '../../src/transport/transport.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frame-codec.ts';
import { decodeMeshMessage, encodeMeshMessage } from '../../src/wire/mesh-codec.ts';
import { decodeAck, encodeHello } from '../../src/wire/mesh-hello.ts';
import { helloOf } from '../core/gossip/rig.ts';

/** Field 900 of a message, a text: no build knows it. */
export const unknownField = Uint8Array.of(0xa2, 0x38, 5, ...new TextEncoder().encode('later'));

const dialMs = 10_000;

export class NewerBuild {
  readonly hello: Hello;
  readonly #transport = new GrpcTransport({ clock: systemClock });
  /** Called with what the server at the other end says. */
  readonly #ears = new Set<(message: MeshMessage) => void>();
  #link: Link | undefined;

  constructor(name: string, hello: Pick<Hello, 'cluster'> & Partial<Hello>) {
    const random = seededRandom(`newer build ${name}`);
    const hex = (bytes: number): string => Buffer.from(random.bytes(bytes)).toString('hex');
    this.hello = {
      ...helloOf(name, { uid: { uid: hex(16), isSettled: false }, instance: hex(16), url: '127.0.0.1:9', isConfigured: true }),
      protocolMax: 7,
      features: ['telepathy'],
      ...hello,
    };
  }

  /** Dials a server; gives what it answered. */
  async greet(address: string): Promise<HelloAck> {
    const hello = Buffer.concat([encodeHello(this.hello), unknownField]);
    const dialled = await this.#transport.dial({ address, kind: 'link', hello, timeoutMs: dialMs });
    if (dialled.isAccepted) this.#open(dialled.link);
    return decodeAck(dialled.ack);
  }

  say(message: MeshMessage): void {
    this.#link?.send(encodeFrame({ kind: 'mesh', message: encodeMeshMessage(message) }));
  }

  /** All records of the server, as the bytes in which it passes them on, by owner and kind. */
  async records(): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const isOver = new Promise<void>((resolve) => {
      this.#ears.add((message) => {
        if (message.kind === 'syncHeads') resolve();
        if (message.kind !== 'syncRecords' && message.kind !== 'push') return;
        for (const record of message.records) {
          const kind = record.kind === 'unknown' ? `${record.kindNumber}/` : '';
          if (record.raw) found.set(`${kind}${record.owner}`, record.raw);
        }
      });
    });
    const buckets = new Array<number>(2 * meshLimits.buckets).fill(0);
    this.say({ kind: 'syncDigest', root: { high: 0, low: 0 }, buckets });
    await isOver;
    return found;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #open(link: Link): void {
    this.#link = link;
    const onFrame = (bytes: Uint8Array): void => {
      const frame = decodeFrame(bytes);
      const message = frame?.kind === 'mesh' ? decodeMeshMessage(frame.message) : undefined;
      if (message) for (const ear of this.#ears) ear(message);
    };
    link.open({ onFrame, onLarge: () => {}, onWritable: () => {}, onClose: () => {} });
  }
}
