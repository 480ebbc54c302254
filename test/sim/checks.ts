/**
 * The invariants of the mesh design page that can be checked while a world runs.
 */

import { compareHeads, type OwnerRecord } from '../../src/core/gossip/record.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** How long a live, connected member may be held dead (M5). */
const falselyDeadMaxMs = 3_000;
/** Violations kept: one tells the story. */
const violationsMax = 20;

export class Checks {
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #heads = new Map<string, OwnerRecord>();
  readonly #deadSinceMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The world has changed: what is held of it may be late again. */
  restartPatience(): void {
    this.#deadSinceMs.clear();
  }

  /** M7: nobody speaks to one that it holds dead, a link of its own that works excepted. */
  send(process: Process, linkId: number): void {
    const state = process.gossip.inspection;
    const link = state.links.find(linkId);
    const held = link && state.records.find(link.name);
    const isHeldDead = held?.final === 'dead' && held.instance === link?.instance;
    if (link && isHeldDead && link.isSilent(state.settings, state))
      this.#violate(`M7 ${process.options.name} speaks to ${link.name}, which it holds dead`);
  }

  /** M2: the order of a slot never decreases. M3: nobody knows more of an owner than the owner. */
  records(process: Process): void {
    for (const record of process.gossip.inspection.records.all()) {
      const key = `${process.instance} ${record.owner}`;
      const before = this.#heads.get(key);
      if (before === record) continue;
      if (before && compareHeads(before, record) > 0) this.#violate(`M2 ${process.options.name} went back on ${record.owner}`);
      this.#heads.set(key, record);
      const owner = [...this.#world.processes.values()].find((candidate) => candidate.instance === record.instance);
      const own = owner?.gossip.inspection.self.record;
      if (record.kind === 'member' && own && compareHeads(record, own) > 0)
        this.#violate(`M3 ${process.options.name} knows more of ${record.owner} than ${record.owner}`);
    }
  }

  /** M5 between two that run and reach each other. */
  falseDeath(observer: Process, subject: Process): void {
    const key = `${observer.instance} ${subject.instance}`;
    const held = observer.gossip.inspection.records.find(subject.options.name);
    const isHeldDead = held?.final === 'dead' && held.instance === subject.instance && !subject.hasStopped;
    const isPath =
      !this.#world.network.isCut(observer.host.address, subject.host.address) &&
      !this.#world.network.isCut(subject.host.address, observer.host.address);
    if (!isHeldDead || !isPath) return void this.#deadSinceMs.delete(key);
    const sinceMs = this.#deadSinceMs.get(key) ?? this.#world.clock.nowMs();
    this.#deadSinceMs.set(key, sinceMs);
    const steadyMs = this.#world.clock.nowMs() - Math.max(sinceMs, subject.steadySinceMs, observer.steadySinceMs);
    if (steadyMs > falselyDeadMaxMs)
      this.#violate(`M5 ${observer.options.name} holds ${subject.options.name} dead, which runs and answers`);
  }

  /** M9. */
  tables(process: Process): void {
    const { records, suspicions } = process.gossip.inspection;
    const names = new Set([...this.#world.processes.values()].map((one) => one.options.name)).size;
    if (records.size > names) this.#violate(`M9 ${process.options.name} keeps ${records.size} records of ${names} names`);
    if (suspicions.names().length > names)
      this.#violate(`M9 ${process.options.name} suspects ${suspicions.names().length} of ${names} names`);
  }

  #violate(text: string): void {
    if (this.violations.length < violationsMax) this.violations.push(`${text} (at ${this.#world.clock.nowMs()})`);
  }
}
