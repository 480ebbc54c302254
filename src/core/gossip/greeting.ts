/**
 * Who may become a peer: the answer to a greeting, and what the dialler takes from it.
 */

import { type Dials, greeterOf } from './dials.ts';
import type { Hello, HelloAck, NameHolder, Refusal } from './message.ts';
import type { Naming } from './naming.ts';
import { meshProtocol } from './settings.ts';
import type { MeshState } from './state.ts';
import { meetUid } from './uid.ts';

export class Greeting {
  readonly #state: MeshState;
  readonly #dials: Dials;
  readonly #naming: Naming;
  readonly #waiting = new Map<number, Hello>();
  readonly #accepted: (link: number, hello: Hello) => void;

  /** `accepted` is called when a link is up by our answer. */
  constructor(
    state: MeshState,
    parts: { readonly dials: Dials; readonly naming: Naming; readonly accepted: (link: number, hello: Hello) => void },
  ) {
    this.#state = state;
    this.#dials = parts.dials;
    this.#naming = parts.naming;
    this.#accepted = parts.accepted;
  }

  /** Decides on a greeting; the answer may wait for a probe of the name's holder. */
  greet(link: number, hello: Hello): void {
    const refusal = this.#refusalOf(hello);
    if (refusal) return this.#refuse(link, hello, refusal);
    const held = this.#state.records.find(hello.name);
    const isDisputed = held?.kind === 'member' && held.final === 'none' && held.instance !== hello.instance;
    if (!isDisputed || !hello.isJoining) return this.#accept(link, hello);
    const { instance, epoch, url } = held;
    const hasDialled = this.#dials.dial(url, { kind: 'name', name: hello.name, instance, epoch, link });
    if (!hasDialled) return this.#refuse(link, hello, { code: 'overloaded', message: 'too many dials are under way' });
    this.#waiting.set(link, hello);
  }

  /** The probe of a name's holder has ended. */
  onProbed(link: number, holder: NameHolder, isThere: boolean): void {
    const hello = this.#waiting.get(link);
    if (!hello || !this.#waiting.delete(link)) return;
    if (!isThere) return this.#accept(link, hello);
    this.#refuse(link, hello, {
      code: 'name_taken',
      message: `the name "${hello.name}" belongs to a live server at ${holder.url}`,
      holder,
    });
  }

  /** The greeter went away while it waited. */
  forget(link: number): void {
    this.#waiting.delete(link);
  }

  /** The dialler's side of an accepted greeting. False when the two do not belong together after all. */
  onAccepted(ack: HelloAck): boolean {
    if (!this.#settle(ack, true)) return false;
    if (ack.epochSeen >= this.#state.self.record.epoch)
      this.#naming.raiseAbove(ack.epochSeen, 'the peer has seen a later epoch of this name');
    return true;
  }

  /** Takes over a uid that a peer settled on later. False when it is not ours to follow. */
  follow(theirs: { readonly uid: Hello['uid'] }): boolean {
    if (!theirs.uid.isSettled || this.#state.self.isSettledOn(theirs.uid.uid)) return true;
    return this.#settle(theirs, true);
  }

  #refusalOf(hello: Hello): Refusal | undefined {
    const { self } = this.#state;
    if (hello.protocolMin > meshProtocol.max || hello.protocolMax < meshProtocol.min) {
      return { code: 'version_mismatch', message: `this server speaks protocol ${meshProtocol.min} to ${meshProtocol.max}` };
    }
    if (hello.cluster !== self.cluster) return { code: 'cluster_mismatch', message: `this server belongs to cluster "${self.cluster}"` };
    if (hello.instance === self.instance) return { code: 'self', message: 'this is the dialler itself' };
    if (hello.name === self.name) return this.#refusalOfNamesake(hello);
    if (hello.purpose === 'probe') return { code: 'probe', message: 'asked and answered' };
    if (self.record.final !== 'none') return { code: 'draining', message: 'this server has left' };
    if (this.#uidWith(hello, hello.isConfigured) === undefined) {
      return { code: 'cluster_mismatch', message: `this server belongs to another cluster called "${self.cluster}" (uid ${self.uid.uid})` };
    }
    return undefined;
  }

  #refusalOfNamesake(hello: Hello): Refusal {
    const { self } = this.#state;
    const holder = { instance: self.instance, url: self.url, epoch: self.record.epoch };
    if (self.record.final === 'none' && this.#naming.isTakenFor(hello)) {
      return { code: 'name_taken', message: `the name "${self.name}" belongs to this server`, holder };
    }
    return { code: 'probe', message: 'two servers of one name: the one of the lower instance decides' };
  }

  #refuse(link: number, hello: Hello, refusal: Refusal): void {
    this.#answer(link, { ...greeterOf(this.#state), refusal, epochSeen: this.#epochSeen(hello) });
    if (refusal.code === 'probe' || refusal.code === 'self') return;
    this.#state.note({ kind: 'greeting.refused', address: hello.url, code: refusal.code, byUs: true, message: refusal.message });
  }

  #accept(link: number, hello: Hello): void {
    const uid = this.#uidWith(hello, hello.isConfigured);
    if (uid === undefined) {
      const message = `this server has joined another cluster (uid ${this.#state.self.uid.uid})`;
      return this.#refuse(link, hello, { code: 'cluster_mismatch', message });
    }
    this.#settle(hello, hello.isConfigured);
    this.#answer(link, { ...greeterOf(this.#state), epochSeen: this.#epochSeen(hello) });
    this.#accepted(link, hello);
  }

  #answer(link: number, ack: HelloAck): void {
    this.#state.emit({ kind: 'answer', link, ack });
  }

  /** What the greeter must be above: another instance of its name, or an end of its own. */
  #epochSeen(hello: Hello): number {
    const held = this.#state.records.find(hello.name);
    if (!held || held.kind === 'unknown') return 0;
    // Two live instances of one name settle it between themselves; only a newcomer yields to a record.
    return held.final !== 'none' || (held.instance !== hello.instance && hello.isJoining) ? held.epoch : 0;
  }

  #uidWith(peer: { readonly uid: Hello['uid'] }, isConfigured: boolean): string | undefined {
    const { self } = this.#state;
    return meetUid({ ours: self.uid, theirs: peer.uid, pin: self.pinUid, isConfigured });
  }

  #settle(peer: { readonly uid: Hello['uid'] }, isConfigured: boolean): boolean {
    const uid = this.#uidWith(peer, isConfigured);
    if (uid === undefined) return false;
    if (this.#state.self.settle(uid)) this.#state.note({ kind: 'cluster.settled', uid });
    return true;
  }
}
