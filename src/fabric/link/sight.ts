/**
 * What one asker may see of the fabric, and ask of it.
 */

import type { Gate, Wish } from './gate.ts';

export class Sight {
  /** `Identity.text`. */
  readonly asker: string;
  readonly #gate: Gate;
  readonly #peer: string;

  /** `peer`: by which it came, for events. */
  constructor(gate: Gate, asker: string, peer: string) {
    this.#gate = gate;
    this.asker = asker;
    this.#peer = peer;
  }

  /** Whose calls are passed on; undefined where nobody asks. */
  get told(): string | undefined {
    return this.#gate.tells ? this.asker : undefined;
  }

  /** Whether there is anything to hide. */
  get isLimited(): boolean {
    return this.#gate.hasRules;
  }

  /** A function. */
  shows(name: string): boolean {
    return this.#gate.shows(this.asker, name);
  }

  observes(server: string): boolean {
    return this.#gate.allows(this.asker, 'observe', server);
  }

  /** Throws what refuses it. */
  demand(verb: Wish['verb'], name: string): void {
    const refusal = this.#gate.refusal(this.asker, { verb, name, peer: this.#peer });
    if (refusal) throw refusal;
  }

  /** A function may be asked about by whoever may see it. */
  demandSight(name: string): void {
    if (!this.shows(name)) throw this.#gate.refused(this.asker, { verb: 'call', name, peer: this.#peer });
  }

  /** What of a list of servers may be seen; throws where that is nothing. */
  ofServers<T>(list: readonly T[], nameOf: (one: T) => string): readonly T[] {
    if (!this.isLimited) return list;
    const seen = list.filter((one) => this.observes(nameOf(one)));
    if (seen.length === 0) this.demand('observe', this.#gate.server);
    return seen;
  }

  /** They did what administrators may. */
  administered(verb: string, name: string): void {
    this.#gate.administered(this.asker, { verb, name, peer: this.#peer });
  }
}
