/**
 * Whose functions are known: joins what the machine tells of members with what it tells of bodies.
 *
 * G1 `bodyKnown` is called once for every instance and body, when both are there; an emptied catalog is an empty body.
 * G2 nothing is told of an instance after `memberGone`.
 * This server's own functions are not told: whoever publishes them knows them.
 */

import type { CatalogBody } from '../../core/catalog/offer.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import { HeddleError } from '../../errors.ts';
import { decodeBody } from '../../wire/mesh-body.ts';
import type { MeshListeners } from './mesh-port.ts';

const noFunctions: CatalogBody = { functions: [] };

interface KnownMember {
  view: MemberView;
  /** Hash of the body that was told last; empty for none. */
  toldHash: string;
}

export interface MeshCatalogOptions {
  readonly listeners: Pick<MeshListeners, 'memberChanged' | 'memberGone' | 'bodyKnown'>;
  readonly findBody: (hash: string) => Uint8Array | undefined;
  readonly reject: (name: string, why: string) => void;
}

export class MeshCatalog {
  readonly #options: MeshCatalogOptions;
  readonly #members = new Map<string, KnownMember>();
  readonly #decoded = new Map<string, CatalogBody>();

  constructor(options: MeshCatalogOptions) {
    this.#options = options;
  }

  changed(view: MemberView): void {
    const member = this.#members.get(view.instance) ?? { view, toldHash: '' };
    member.view = view;
    this.#members.set(view.instance, member);
    this.#options.listeners.memberChanged(view);
    this.#tellBody(member);
  }

  gone(view: MemberView): void {
    if (!this.#members.delete(view.instance)) return;
    this.#forgetBody(view.bodyHash);
    this.#options.listeners.memberGone(view);
  }

  /** A body has arrived. */
  body(hash: string): void {
    for (const member of [...this.#members.values()]) if (member.view.bodyHash === hash) this.#tellBody(member);
  }

  #tellBody(member: KnownMember): void {
    const { view, toldHash } = member;
    if (view.isSelf || view.bodyHash === toldHash) return;
    const body = view.bodyHash === '' ? noFunctions : this.#find(view);
    if (!body) return;
    member.toldHash = view.bodyHash;
    this.#forgetBody(toldHash);
    this.#options.listeners.bodyKnown(view, body);
  }

  #find({ name, bodyHash }: MemberView): CatalogBody | undefined {
    const known = this.#decoded.get(bodyHash);
    if (known) return known;
    const bytes = this.#options.findBody(bodyHash);
    if (!bytes) return undefined;
    try {
      const body = decodeBody(bytes);
      this.#decoded.set(bodyHash, body);
      return body;
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      this.#options.reject(name, error.message);
      return undefined;
    }
  }

  #forgetBody(hash: string): void {
    for (const member of this.#members.values()) if (member.view.bodyHash === hash) return;
    this.#decoded.delete(hash);
  }
}
