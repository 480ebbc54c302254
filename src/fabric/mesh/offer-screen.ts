/**
 * What is taken of the functions that servers announce: those that their identity may serve.
 *
 * S1 an offer that is not taken is as if it had not been made; it is told of once for each announcement.
 * S2 when the rules change, what was announced before is judged anew.
 * S3 it is known all the same: other servers, of other rules, may have sent calls there.
 */

import type { Announcer } from '../../core/catalog/catalog.ts';
import type { CatalogBody, FunctionRecord } from '../../core/catalog/offer.ts';
import { anonymous, identityOf } from '../../identity/identity.ts';
import type { Observer } from '../../observe/observer.ts';
import type { Gate } from '../link/gate.ts';
import type { RefusedOffer } from '../serve/witnesses.ts';

export interface Screened {
  readonly body: CatalogBody;
  /** What was announced before, was not taken, and is announced no more. */
  readonly gone: readonly FunctionRecord[];
}

export class OfferScreen {
  readonly #gate: Gate;
  readonly #observer: Observer;
  /** What was announced, by instance; only where there are rules. */
  readonly #announced = new Map<string, { readonly server: Announcer; readonly body: CatalogBody }>();

  constructor(gate: Gate, observer: Observer) {
    this.#gate = gate;
    this.#observer = observer;
  }

  /** What is taken of it. */
  take(server: Announcer, body: CatalogBody): Screened {
    const gone = this.#goneOf(server.instance, body);
    if (!this.#gate.hasRules) return { body, gone };
    this.#announced.set(server.instance, { server, body });
    const identity = this.#identityOf(server.name);
    const functions = body.functions.filter(({ name, version }) => {
      const isAllowed = this.#gate.allows(identity, 'serve', name);
      if (!isAllowed) this.#observer.emit({ kind: 'offer.refused', function: name, version, server: server.name });
      return isAllowed;
    });
    return { body: functions.length === body.functions.length ? body : { functions }, gone };
  }

  /** The server has gone; gives what it announced and was not taken. */
  forget(instance: string): readonly FunctionRecord[] {
    const gone = this.#goneOf(instance, { functions: [] });
    this.#announced.delete(instance);
    return gone;
  }

  /** S3: what is not taken of a function. Linear. */
  refused(name: string): readonly RefusedOffer[] {
    return this.announced().flatMap(({ server, body }) => {
      const identity = this.#identityOf(server.name);
      const named = body.functions.filter((one) => one.name === name && !this.#gate.allows(identity, 'serve', name));
      return named.map(({ effect }) => ({ server, effect }));
    });
  }

  /** S2: all that was announced, to be taken once more. */
  announced(): readonly { readonly server: Announcer; readonly body: CatalogBody }[] {
    return [...this.#announced.values()];
  }

  /** S3. */
  #goneOf(instance: string, next: CatalogBody): readonly FunctionRecord[] {
    const known = this.#announced.get(instance);
    if (!known) return [];
    const identity = this.#identityOf(known.server.name);
    const still = new Set(next.functions.map(keyOf));
    return known.body.functions.filter((record) => !still.has(keyOf(record)) && !this.#gate.allows(identity, 'serve', record.name));
  }

  /** This server knows who it is; others are who their certificates say, and nobody in particular where there are none. */
  #identityOf(name: string): string {
    if (name === this.#gate.server) return this.#gate.self;
    return this.#gate.knowsPeers ? identityOf('server', name).text : anonymous.text;
  }
}

/** The same function of the same version and effect: one that is `once` no more has gone as such. */
function keyOf({ name, version, effect }: FunctionRecord): string {
  return `${name} ${version} ${effect}`;
}
