/**
 * How every server of the fabric is doing: this one's own signs, and those of all others, asked for when somebody looks.
 *
 * A1 nothing is gossiped for it: it costs one question a server, and nothing at all while nobody asks.
 * A2 a server that does not answer in time hides nothing of the others.
 */

import type { Vitals } from '../../observe/vitals.ts';
import { askEverybody, type OtherServers } from '../link/other-servers.ts';
import type { VitalSigns } from './vital-signs.ts';

export class FabricVitals {
  readonly #signs: Pick<VitalSigns, 'read'>;
  readonly #others: OtherServers;

  constructor(signs: Pick<VitalSigns, 'read'>, others: OtherServers) {
    this.#signs = signs;
    this.#others = others;
  }

  own(): Vitals {
    return this.#signs.read();
  }

  /** `identity`: who wants to know (`Identity.text`). */
  async others(identity?: string): Promise<readonly Vitals[]> {
    return (await askEverybody({ ...this.#others, identity }, 'vitals')) as readonly Vitals[]; // what a server says of itself in this shape
  }

  async all(identity?: string): Promise<readonly Vitals[]> {
    return [this.own(), ...(await this.others(identity))];
  }
}
