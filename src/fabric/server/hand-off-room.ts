/**
 * Everything of one server that hands results off, wired: what it keeps, what it pulls, whom it answers. No behaviour of its own but
 * the way to other servers.
 */

import type { Parked } from '../../core/payload.ts';
import type { LeaseEffect } from '../../core/workflow/run-io.ts';
import type { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import { DiskSpill } from '../../storage/disk-spill.ts';
import type { LeaseFrame } from '../../wire/frame.ts';
import { HandOff } from '../hand-off/hand-off.ts';
import { type HandOffSettings, handOffDefaults } from '../hand-off/hand-off-settings.ts';
import { ParkedValues } from '../hand-off/parked-values.ts';
import type { PullPeer } from '../hand-off/pull.ts';
import { PullDesk } from '../hand-off/pull-desk.ts';
import { Puller } from '../hand-off/puller.ts';
import { ValueParts } from '../hand-off/value-parts.ts';
import type { Links } from '../mesh/links.ts';
import type { RunnerOptions } from '../run/runner.ts';
import type { ServerParts } from './server-parts.ts';

export interface HandOffRoomOptions {
  readonly parts: Pick<ServerParts, 'clock' | 'random' | 'spill' | 'tuning'>;
  readonly identity: { readonly name: string; readonly instance: string };
  readonly observer: Observer;
  readonly links: () => Pick<Links, 'find' | 'whenLinked'>;
}

export class HandOffRoom {
  readonly settings: HandOffSettings;
  readonly values: ParkedValues;
  readonly puller: Puller;
  readonly desk: PullDesk;
  readonly handOff: HandOff;
  readonly #options: HandOffRoomOptions;

  constructor(options: HandOffRoomOptions) {
    const { parts, identity, observer } = options;
    const { clock, random, tuning } = parts;
    this.#options = options;
    this.settings = { ...handOffDefaults, ...tuning?.handOff };
    const spill = parts.spill ?? new DiskSpill(this.settings.spillDir);
    const { settings } = this;
    this.values = new ParkedValues({ clock, random: random.fork('parked'), identity, observer, spill, settings });
    const reach = (parked: Parked, done: (reached: PullPeer | HeddleError) => void) => this.#reach(parked, done);
    const findHere = (parked: Parked) => this.values.find(parked);
    const inPieces = new ValueParts({ values: this.values, leaseMs: this.settings.leaseMs });
    this.puller = new Puller({
      findHere,
      parts: inPieces,
      reach,
      lease: (lease) => this.lease(lease),
      bytesMax: this.settings.memoryBytesMax,
    });
    this.desk = new PullDesk({ values: this.values, parts: inPieces, instance: identity.instance, reach });
    this.handOff = new HandOff({ instance: identity.instance, values: this.values, puller: this.puller });
  }

  /** What the runs of this server need of it. */
  get forRuns(): Pick<RunnerOptions, 'leaseMs' | 'lease' | 'openList'> {
    return {
      leaseMs: this.settings.leaseMs,
      lease: (lease) => this.lease(lease),
      openList: (list, listBytes) => this.puller.openList(list, listBytes, new AbortController().signal),
    };
  }

  /** Tells a server about results that it keeps. When it cannot be reached, its leases end by themselves. */
  lease({ server, instance, renewed, released, forMs }: LeaseEffect): void {
    if (instance === this.#options.identity.instance) return this.values.lease({ renewed, released, forMs });
    const links = this.#options.links();
    const link = links.find(instance);
    if (link) return link.send({ kind: 'lease', renewed, released, forMs });
    links.whenLinked({ name: server, instance }, (reached) => {
      if ('send' in reached) reached.send({ kind: 'lease', renewed, released, forMs });
    });
  }

  /** A word about what is kept here, or, from a client, elsewhere. */
  onLease({ server, instance, renewed, released, forMs }: LeaseFrame): void {
    if (server === undefined || instance === undefined) this.values.lease({ renewed, released, forMs });
    else this.lease({ kind: 'lease', server, instance, renewed, released, forMs });
  }

  #reach(parked: Parked, done: (reached: PullPeer | HeddleError) => void): () => void {
    const links = this.#options.links();
    const link = links.find(parked.instance);
    if (!link) return links.whenLinked({ name: parked.server, instance: parked.instance }, done);
    done(link);
    return () => {};
  }
}
