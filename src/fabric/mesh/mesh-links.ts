/**
 * The open links of the mesh, by the numbers under which the machine knows them.
 *
 * Frames are counted as heard by a mark per link that the next wake collects: a busy link costs one store a frame.
 */

import type { MeshInput } from '../../core/gossip/io.ts';
import type { MeshMessage } from '../../core/gossip/message.ts';
import { HeddleError } from '../../errors.ts';
import type { Evidence, Link, Traffic } from '../../transport/transport.ts';
import { decodeMeshMessage, encodeMeshMessage } from '../../wire/mesh-codec.ts';
import type { LinkIdentity, MeshLink, MeshPorts } from './mesh-port.ts';

interface OpenLink {
  readonly link: MeshLink;
  readonly instance: string;
  hasSpoken: boolean;
}

export class MeshLinks {
  readonly #openLink: MeshPorts['openLink'];
  readonly #feed: (input: MeshInput) => void;
  readonly #open = new Map<number, OpenLink>();
  #nextId = 1;
  #sentBytes = 0;
  #receivedBytes = 0;

  constructor(openLink: MeshPorts['openLink'], feed: (input: MeshInput) => void) {
    this.#openLink = openLink;
    this.#feed = feed;
  }

  /** Bytes of messages so far, over all links. */
  get traffic(): Traffic {
    return { sentBytes: this.#sentBytes, receivedBytes: this.#receivedBytes };
  }

  /** A number for a link that is not open yet. */
  reserve(): number {
    return this.#nextId++;
  }

  open(id: number, link: Link, identity: LinkIdentity): void {
    const opened: { state?: OpenLink } = {};
    const meshLink = this.#openLink(link, identity, {
      onMesh: (message) => this.#received(id, message),
      onHeard: () => {
        if (opened.state) opened.state.hasSpoken = true;
      },
      onClosed: (evidence) => this.#closed(id, evidence),
    });
    opened.state = { link: meshLink, instance: identity.instance, hasSpoken: true };
    this.#open.set(id, opened.state);
  }

  /** The newest link to an instance. */
  to(instance: string): MeshLink | undefined {
    let found: MeshLink | undefined;
    for (const open of this.#open.values()) if (open.instance === instance) found = open.link;
    return found;
  }

  send(id: number, message: MeshMessage): void {
    const open = this.#open.get(id);
    if (!open) return;
    const bytes = encodeMeshMessage(message);
    this.#sentBytes += bytes.length;
    open.link.sendMesh(bytes);
  }

  close(id: number, isRetired: boolean): void {
    const open = this.#open.get(id);
    if (isRetired) open?.link.retire();
    else open?.link.close();
  }

  /** An input for each link that has spoken since the last call, and for each on which a call is in flight. */
  takeHeard(nowMs: number): MeshInput[] {
    const heard: MeshInput[] = [];
    for (const [link, open] of this.#open) {
      if (open.hasSpoken) heard.push({ kind: 'heard', link, atMs: nowMs });
      if (open.link.isBusy()) heard.push({ kind: 'busy', link });
      open.hasSpoken = false;
    }
    return heard;
  }

  #received(id: number, bytes: Uint8Array): void {
    let message: MeshMessage | undefined;
    this.#receivedBytes += bytes.length;
    try {
      message = decodeMeshMessage(bytes);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      this.close(id, false);
      return;
    }
    if (message) this.#feed({ kind: 'received', link: id, message });
  }

  #closed(link: number, evidence: Evidence): void {
    this.#open.delete(link);
    this.#feed({ kind: 'linkDown', link, evidence });
  }
}
