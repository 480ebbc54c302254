/**
 * The invariants of the mesh (test/README.md) that can be checked while a world runs: M2, M3, M5, M7, M8 (budgets.ts), M9; and Q1
 * (burials.ts).
 *
 * M1 is a property of records (test/core/gossip/record.test.ts), M4 and M6 are looked at when a fabric should be whole
 * (run.ts), M10 is the trace.
 */

import { compareHeads, type OwnerRecord, slotOf } from '../../src/core/gossip/record.ts';
import { Budgets } from './budgets.ts';
import { Burials } from './burials.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** How long a live, connected member may be held dead (M5); while more is lost, its answer may take that much longer. */
const falselyDeadMaxMs = 3_000;
const falselyDeadInStormMaxMs = 15_000;
/** An accusation so soon after a stall of one's own is about the stall, where all was well for so long before it. */
const ownStallMs = 100;
const settledMs = 2_000;
/** Share of loss above which that is so: a segment that is lost four times in a row comes 3 s late. */
const lossMax = 0.05;
/** Violations kept: one tells the story. */
const violationsMax = 20;
/** Members whose tables are measured at one sample; the next ones at the next. */
const tablesPerSample = 50;

export class Checks {
  readonly violations: string[] = [];
  readonly #world: World;
  /** M8. */
  readonly budgets: Budgets;
  readonly #burials: Burials;
  /** Observer and subject of every obituary that is held; since when, if the subject runs and can be reached. */
  readonly #heldDead = new Map<string, { readonly observer: Process; readonly subject: Process; sinceMs: number | undefined }>();
  #samples = 0;
  /** When links or processes last changed; a pause is its process' own affair. */
  #changedAtMs = 0;

  constructor(world: World) {
    this.#world = world;
    this.#burials = new Burials(world);
    this.budgets = new Budgets(world);
  }

  /** Watches what the process keeps, from now on. */
  watch(process: Process): void {
    this.budgets.started();
    const { records } = process.gossip.inspection;
    for (const method of ['offer', 'replace'] as const) {
      const keep = records[method].bind(records);
      records[method] = (record, nowMs) => {
        const slot = slotOf(record);
        const before = records.find(slot);
        const merge = keep(record, nowMs);
        if (merge === 'taken') this.#kept(process, before, records.find(slot));
        return merge;
      };
    }
  }

  /** The world has changed: what is held of it may be late again. */
  restartPatience({ isPause = false } = {}): void {
    if (!isPause) this.#changedAtMs = this.#world.clock.nowMs();
    for (const held of this.#heldDead.values()) held.sinceMs = undefined;
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

  /** F1: whoever stood still blames nobody for it. */
  accusation(by: Process, of: Process): void {
    const { clock } = this.#world;
    const nowMs = clock.nowMs();
    const quietSinceMs = Math.max(this.#changedAtMs, of.steadySinceMs);
    const wasLate = nowMs - by.steadySinceMs < ownStallMs && by.steadySinceMs > by.startedAtMs;
    const isInnocent = of.host.isAlive && !of.host.isPaused && by.pausedAtMs - quietSinceMs > settledMs;
    if (wasLate && isInnocent) this.#violate(`F1 ${by.options.name} accuses ${of.options.name} after a stall of its own`);
  }

  /** Q1: somebody that runs has been buried. */
  burial(subject: Process): void {
    const problem = this.#burials.problemOf(subject);
    if (problem !== undefined) this.#violate(problem);
  }

  /** M5, M8 and M9, now. */
  sample(live: readonly Process[]): void {
    this.#samples += 1;
    this.#burials.sample();
    for (const [key, held] of this.#heldDead) {
      if (!this.#isStillHeld(held)) this.#heldDead.delete(key);
      else this.#falseDeath(held);
    }
    const first = (this.#samples * tablesPerSample) % Math.max(live.length, 1);
    for (const process of live.slice(first, first + tablesPerSample)) this.#tables(process, live.length);
  }

  /** M2: the order of a slot never decreases. M3: nobody knows more of an owner than the owner. */
  #kept(process: Process, before: OwnerRecord | undefined, record: OwnerRecord | undefined): void {
    if (!record) return;
    const { name } = process.options;
    if (before && compareHeads(before, record) > 0) this.#violate(`M2 ${name} went back on ${record.owner}`);
    const owner = this.#world.findInstance(record.instance);
    if (!owner) return;
    if (record.kind === 'member' && owner !== process && compareHeads(record, owner.gossip.inspection.self.record) > 0)
      this.#violate(`M3 ${name} knows more of ${record.owner} than ${record.owner}`);
    if (record.final === 'dead')
      this.#heldDead.set(`${process.instance} ${owner.instance}`, { observer: process, subject: owner, sinceMs: undefined });
  }

  #isStillHeld({ observer, subject }: { readonly observer: Process; readonly subject: Process }): boolean {
    const held = observer.gossip.inspection.records.find(subject.options.name);
    return observer.host.isAlive && subject.host.isAlive && held?.final === 'dead' && held.instance === subject.instance;
  }

  /** M5 between two that run and reach each other. */
  #falseDeath(held: { readonly observer: Process; readonly subject: Process; sinceMs: number | undefined }): void {
    const { observer, subject } = held;
    const { clock, network } = this.#world;
    const isPath = network.weather.isWhole(observer.host.address, subject.host.address);
    if (!isPath || subject.hasStopped || subject.host.isPaused || observer.host.isPaused) {
      held.sinceMs = undefined;
      return;
    }
    held.sinceMs ??= clock.nowMs();
    const steadyMs = clock.nowMs() - Math.max(held.sinceMs, subject.steadySinceMs, observer.steadySinceMs);
    if (steadyMs > (network.weather.loss > lossMax ? falselyDeadInStormMaxMs : falselyDeadMaxMs))
      this.#violate(`M5 ${observer.options.name} holds ${subject.options.name} dead, which runs and answers`);
  }

  #tables(process: Process, size: number): void {
    const { name } = process.options;
    const { records, suspicions } = process.gossip.inspection;
    const names = this.#world.namesEver;
    if (records.size > names + this.#world.unknownRecords) this.#violate(`M9 ${name} keeps ${records.size} records of ${names} names`);
    const suspects = suspicions.names().length;
    if (suspects > names) this.#violate(`M9 ${name} suspects ${suspects} of ${names} names`);
    const tooMuch = this.budgets.problemOf(process, size);
    if (tooMuch !== undefined) this.#violate(tooMuch);
  }

  #violate(text: string): void {
    if (this.violations.length < violationsMax) this.violations.push(`${text} (at ${this.#world.clock.nowMs()})`);
  }
}
