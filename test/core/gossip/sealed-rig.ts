/**
 * Members that sign what they say, on real keys and certificates. Member `a` hears of `b`, `c` and `d`; `evil` has a certificate of
 * the same CA, and says what it likes.
 */

import type { OwnerRecord } from '../../../src/core/gossip/record.ts';
import { Authority } from '../../certificates.ts';
import { Signer } from '../../sealed.ts';
import { Rig } from './rig.ts';

/** Who there is, with the time that they live in. */
export class Cast {
  readonly ca = new Authority();
  readonly startMs = Date.now();
  nowMs = this.startMs;
  readonly wallMs = (): number => this.nowMs;
  readonly a = this.signer('a');
  readonly b = this.signer('b');
  readonly c = this.signer('c');
  readonly d = this.signer('d');
  readonly evil = this.signer('evil');
  /** Those of `a`. */
  seals = this.a.seals();

  /** Another one of this CA. */
  signer(name: string): Signer {
    return new Signer(name, this.ca.server(name), { wallMs: this.wallMs });
  }

  /** Member `a` at the beginning, which has met everybody and knows nobody's key. */
  begin(): SealedRig {
    this.nowMs = this.startMs;
    this.seals = this.a.seals();
    return new SealedRig(this);
  }
}

export class SealedRig extends Rig {
  constructor({ a, b, c, d, evil, seals }: Cast) {
    super([], { me: { instance: a.instance, seals } });
    for (const [at, one] of [b, c, d, evil].entries()) {
      this.links.set(one.name, at + 1);
      this.feed({ kind: 'greeted', link: at + 1, hello: one.hello() });
    }
  }

  /** Everybody but these is known, and so is their key. */
  introduce(...names: readonly Signer[]): this {
    for (const one of names) {
      this.push(one, one.record());
      this.give(one, one);
    }
    this.take();
    return this;
  }

  push(from: Signer, ...records: readonly OwnerRecord[]): void {
    this.hear(from.name, { kind: 'push', records });
  }

  /** Hands over the statement about somebody's key. */
  give(from: Signer, whose: Signer): void {
    const { hash, bytes } = whose.key.statement;
    this.hear(from.name, { kind: 'body', hash, piece: 0, pieces: 1, bytes });
  }

  refused(): readonly unknown[] {
    return this.notes().flatMap((note) => (note.kind === 'record.refused' ? [[note.name, note.reason, note.from]] : []));
  }

  held(name: string): OwnerRecord | undefined {
    return this.gossip.inspection.records.find(name);
  }
}
