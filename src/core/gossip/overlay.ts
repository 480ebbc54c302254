/**
 * To whom this member holds a mesh link, and which of its links are no more than call links.
 *
 * O1 up to `fullMeshMax` members everybody holds a link to everybody; above that a member and its observers do: on each of
 *    the four rings one before it and one behind it, whatever the number of members.
 *    An adopter and whom it has adopted (adopting.ts) hold one as well.
 * O2 a link is *mesh* while either end needs it; each says so in its beats. Otherwise it is a *call* link: no gossip, beats
 *    only while a call is in flight.
 * O3 a change of the rings makes a mesh link a call link and the other way round; it closes none.
 */

import type { Adoptions } from './adoptions.ts';
import type { Arena } from './arena.ts';
import type { Doubts } from './doubts.ts';
import type { LinkState, Links } from './links.ts';
import type { MemberRecord } from './record.ts';
import type { Records } from './records.ts';
import { ringCount } from './rings.ts';
import type { Self } from './self.ts';
import type { MeshSettings } from './settings.ts';

/** A member is an observer at most this many places before its subject: the others may be taken by lower rings. */
const reach = ringCount;

/** What is read of the tables of a member. */
export interface OverlayTables {
  readonly arena: Arena;
  readonly records: Records;
  readonly links: Links;
  readonly self: Self;
  readonly settings: MeshSettings;
  readonly doubts: Doubts;
  readonly adoptions: Adoptions;
}

export class Overlay {
  readonly #tables: OverlayTables;
  #neighbours: ReadonlySet<number> = new Set();
  /** Their records, as of so many changes of the table. */
  #records: readonly MemberRecord[] = [];
  #recordsFor = -1;
  #computedFor = -1;
  #assignedFor = -1;

  constructor(tables: OverlayTables) {
    this.#tables = tables;
  }

  /** Everybody to whom a mesh link is wanted. */
  neighbours(): readonly MemberRecord[] {
    const { records } = this.#tables;
    this.#compute();
    if (this.#recordsFor === records.changes) return this.#records;
    this.#recordsFor = records.changes;
    this.#records = [...this.#neighbours].map((slot) => records.memberAt(slot)).filter((record) => record !== undefined);
    return this.#records;
  }

  isNeighbour(name: string): boolean {
    this.#compute();
    const slot = this.#tables.arena.slots.find(name);
    return slot !== undefined && this.#neighbours.has(slot);
  }

  /** Says of every link whether it is needed here, if members have come or ended. Cost: the links, and the rings. */
  assign(nowMs: number): void {
    if (this.#assignedFor === this.#revision) return;
    this.#assignedFor = this.#revision;
    for (const link of this.#tables.links.used()) this.assignOne(link, nowMs);
  }

  assignOne(link: LinkState, nowMs: number): void {
    // Whoever is not known yet is about to be: its record follows its greeting.
    const isStranger = this.#tables.records.find(link.name)?.instance !== link.instance;
    link.use.setNeeded(isStranger || this.isNeighbour(link.name), nowMs);
  }

  /** All of them only ever grow: their sum is another one whenever one has changed. */
  get #revision(): number {
    return this.#tables.records.membership + this.#tables.doubts.revision + this.#tables.adoptions.revision;
  }

  #compute(): void {
    const { records } = this.#tables;
    if (this.#computedFor === this.#revision) return;
    this.#computedFor = this.#revision;
    const neighbours = records.members <= this.#tables.settings.fullMeshMax ? this.#everybody() : this.#onRings();
    for (const slot of this.#adoptive()) neighbours.add(slot);
    this.#neighbours = neighbours;
    this.#recordsFor = -1;
  }

  /** Those whom we have adopted, and who have adopted us. */
  *#adoptive(): Iterable<number> {
    const { arena, records, self, adoptions } = this.#tables;
    const { adopters } = self.record;
    for (const name of adopters) {
      const slot = arena.slots.find(name);
      if (slot !== undefined && records.memberAt(slot) !== undefined) yield slot;
    }
    for (const [instance, { name }] of adoptions.all()) {
      const slot = arena.slots.find(name);
      if (slot !== undefined && records.memberAt(slot)?.instance === instance) yield slot;
    }
  }

  #everybody(): Set<number> {
    const { arena, records, self } = this.#tables;
    const counts = (slot: number): boolean => {
      const member = records.memberAt(slot);
      return member !== undefined && member.owner !== self.name;
    };
    return new Set(arena.rings.ahead(self.name, 0, { count: records.members, counts }));
  }

  /** Our observers, and those whom we observe. */
  #onRings(): Set<number> {
    const { arena, self } = this.#tables;
    const own = arena.slots.find(self.name);
    const neighbours = new Set(observersOf(self.name, ringCount, this.#tables));
    const counts = countsBut(self.name, this.#tables);
    for (let ring = 0; ring < ringCount; ring += 1) {
      for (const slot of arena.rings.ahead(self.name, ring, { count: reach, counts })) {
        if (neighbours.has(slot) || own === undefined) continue;
        if (observersOf(arena.slots.keyOf(slot), ringCount, this.#tables).includes(own)) neighbours.add(slot);
      }
    }
    return neighbours;
  }
}

/** Slots of the `count` members before `name` on the rings, in turn, as they are known here. */
export function observersOf(name: string, count: number, tables: Pick<OverlayTables, 'arena' | 'records' | 'doubts'>): readonly number[] {
  return tables.arena.rings.observersOf(name, count, countsBut(name, tables));
}

/** Slots of those who stand at most `places` before `name` on some ring, as they are known here, its observers included. */
export function nearOf(name: string, places: number, tables: Pick<OverlayTables, 'arena' | 'records' | 'doubts'>): ReadonlySet<number> {
  const { rings } = tables.arena;
  return new Set([...rings.near(name, places, countsBut(name, tables)), ...observersOf(name, ringCount, tables)]);
}

/** The dead are not on the rings, nor is anybody who is `unreachable` here. */
function countsBut(name: string, { records, doubts }: Pick<OverlayTables, 'records' | 'doubts'>): (slot: number) => boolean {
  return (slot) => {
    const member = records.memberAt(slot);
    return member !== undefined && member.owner !== name && !doubts.isOut(member);
  };
}
