/**
 * Who asks this server to drain, or to have another one drained: `heddle drain`, from any terminal against any entry.
 *
 * W1 the question is passed on once, over the link to the named server, which is made where there is none; that one answers
 *    for itself or not at all.
 * W2 whoever asked hears what is waited for, and how it ended; one that hangs up meanwhile changes nothing.
 * W3 a server that drains asks every other one over its links whether it has heard of it: the answer is the last thing
 *    sent to it, but for calls that were on their way before.
 * The drain itself is drain.ts.
 */

import type { MemberView } from '../../core/gossip/view.ts';
import { HeddleError } from '../../errors.ts';
import type { DrainFrame, ReplyFrame } from '../../wire/frame.ts';
import { encodeValue } from '../../wire/value.ts';
import type { Drained, Draining } from '../api/drain-port.ts';
import type { Conversation, Incoming } from '../link/conversation.ts';
import type { Peer } from '../link/peer.ts';
import { failure, refuse, respond } from '../link/responses.ts';
import type { Sight } from '../link/sight.ts';
import type { Links } from '../mesh/links.ts';
import type { DrainFollower } from './drain.ts';

export interface DrainDoorOptions {
  /** Name of this server. */
  readonly server: string;
  /** Drains this server, or follows the drain that has begun; returns what ends the following. */
  readonly drain: (follower: DrainFollower) => () => void;
  readonly members: () => readonly MemberView[];
  readonly links: Pick<Links, 'find' | 'whenLinked'>;
}

export class DrainDoor {
  readonly #options: DrainDoorOptions;

  constructor(options: DrainDoorOptions) {
    this.#options = options;
  }

  open(frame: DrainFrame, peer: Peer, sight: Sight): void {
    // It announced itself over this very link before it asked: no call is sent to it any more.
    if (peer.kind === 'link' && frame.server === peer.identity.name) return acknowledge(frame.id, peer);
    try {
      sight.demand('administer', frame.server);
    } catch (error) {
      return refuse(peer, frame.id, error);
    }
    if (frame.server !== this.#options.server) return this.#passOn({ ...frame, identity: sight.asker }, peer);
    sight.administered('drain', frame.server);
    const follower = new PeerOfDrain(peer, frame.id);
    peer.serve(frame.id, follower);
    follower.unfollow = this.#options.drain(follower);
  }

  #passOn({ id, server, identity }: DrainFrame, peer: Peer): void {
    const members = peer.kind === 'link' ? [] : this.#options.members();
    const member = members.find(({ name }) => name === server);
    if (member)
      return this.#reach(member, (link) =>
        HeddleError.is(link) ? refuse(peer, id, link) : new PassedDrain({ peer, id }, link).ask(server, identity),
      );
    const names = members.map(({ name }) => name).join(', ');
    refuse(peer, id, new HeddleError('bad_argument', { path: ['server'], expected: `a server of the fabric (${names})`, found: server }));
  }

  #reach(member: MemberView, done: (link: Peer | HeddleError) => void): void {
    const link = this.#options.links.find(member.instance);
    if (link) done(link);
    else this.#options.links.whenLinked(member, done);
  }
}

/** Tells every peer that the server of this name drains; resolves when all of them have answered, or are gone. */
export async function askToBeLeft(server: string, peers: readonly Peer[]): Promise<void> {
  await Promise.all(
    peers.map(
      (peer) =>
        new Promise<void>((resolve) => {
          if (peer.closed !== undefined) return resolve();
          const id = peer.reserve({ onReply: () => resolve(), onLost: () => resolve() });
          peer.send({ kind: 'drain', id, server });
        }),
    ),
  );
}

function acknowledge(id: number, peer: Peer): void {
  respond(peer, id, { ok: true, value: encodeValue(undefined) });
}

/** The end that whoever asked for this server's drain hears of. */
class PeerOfDrain implements DrainFollower, Incoming {
  unfollow: (() => void) | undefined;
  readonly #peer: Peer;
  readonly #id: number;

  constructor(peer: Peer, id: number) {
    this.#peer = peer;
    this.#id = id;
  }

  onWaiting(draining: Draining): void {
    this.#peer.send({ kind: 'progress', id: this.#id, value: encodeValue(draining) });
  }

  onEnd(end: Drained): void {
    this.#peer.reply(this.#id, { outcome: { ok: true, value: encodeValue(end) } });
  }

  cancel(): void {
    this.unfollow?.();
    this.#peer.finish(this.#id);
  }
}

/** A question on its way through this server to the one that is to drain; its answers pass untouched. */
class PassedDrain implements Conversation, Incoming {
  readonly #from: { readonly peer: Peer; readonly id: number };
  readonly #link: Peer;
  #id = 0;

  constructor(from: { readonly peer: Peer; readonly id: number }, link: Peer) {
    this.#from = from;
    this.#link = link;
  }

  ask(server: string, identity: string | undefined): void {
    this.#from.peer.serve(this.#from.id, this);
    this.#id = this.#link.reserve(this);
    this.#link.send({ kind: 'drain', id: this.#id, server, identity });
  }

  onProgress({ value }: { readonly value: ReturnType<typeof encodeValue> }): void {
    this.#from.peer.send({ kind: 'progress', id: this.#from.id, value });
  }

  onReply({ outcome }: ReplyFrame): void {
    this.#from.peer.reply(this.#from.id, { outcome });
  }

  onLost(): void {
    const lost = new HeddleError('connection_lost', { server: this.#link.identity.name });
    this.#from.peer.reply(this.#from.id, { outcome: failure(lost) });
  }

  cancel(reason: string): void {
    this.#link.send({ kind: 'cancel', id: this.#id, reason, hasLeft: false });
    this.#link.release(this.#id);
    this.#from.peer.finish(this.#from.id);
  }
}
