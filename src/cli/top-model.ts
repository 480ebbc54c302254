/**
 * What `heddle top` knows of a fabric: the last answers of its servers, the rates between two of them, and what has changed.
 *
 * M1 rates and latencies are those of the dashboard (observe/gauges.ts). M2 `changes` are seen from outside, by comparing answers:
 * what comes and goes between two of them is not among them. M3 everything is bounded: `changesMax` changes.
 */

import { listRuns, type RunSummary } from '../fabric/client/run-inspection.ts';
import { readVitals } from '../fabric/client/vitals-inspection.ts';
import type { Client, Member } from '../index.ts';
import { Gauges, type Point } from '../observe/gauges.ts';
import type { Vitals } from '../observe/vitals.ts';
import { changesBetween, type TopAnswer } from './top-changes.ts';

const changesMax = 200;

export interface TopServer extends Rates {
  readonly server: string;
  readonly state: string;
  readonly resources: readonly string[];
  /** Absent: it has not answered. */
  readonly vitals?: Vitals | undefined;
  /** Calls that wait for a place. */
  readonly queued: number;
}

export interface TopFunction extends Rates {
  readonly function: string;
  readonly servers: number;
  readonly running: number;
  readonly queued: number;
}

export interface TopBreaker {
  /** Who refuses attempts, to whom, and of what; absent: of everything. */
  readonly by: string;
  readonly server: string;
  readonly function?: string | undefined;
  readonly state: string;
  readonly opensForMs?: number | undefined;
}

export interface TopChange {
  readonly atMs: number;
  readonly what: string;
}

type Rates = Omit<Point, 'atMs'>;

/** What is shown, or printed as JSON. */
export interface TopView {
  readonly atMs: number;
  readonly all: Rates;
  readonly servers: readonly TopServer[];
  readonly functions: readonly TopFunction[];
  readonly runs: readonly RunSummary[];
  readonly breakers: readonly TopBreaker[];
  readonly changes: readonly TopChange[];
}

/** Asks the fabric how it is doing. */
export async function askFabric(client: Client, atMs: number): Promise<TopAnswer> {
  const [members, vitals, runs] = await Promise.all([client.members(), readVitals(client), listRuns(client)]);
  return { atMs, members, vitals, runs };
}

export class TopModel {
  readonly #gauges = new Gauges();
  #last: TopAnswer = { atMs: 0, members: [], vitals: [], runs: [] };
  #changes: readonly TopChange[] = [];
  /** Made once an answer: it is looked at with every key. */
  #view: TopView | undefined;

  take(answer: TopAnswer): void {
    for (const vitals of answer.vitals) this.#gauges.add(vitals);
    this.#gauges.keep(new Set(answer.members.map(({ name }) => name)));
    // The first answer is how things are: nothing has changed.
    if (this.#last.atMs > 0) this.note(answer.atMs, changesBetween(this.#last, answer));
    this.#last = answer;
    this.#view = undefined;
  }

  /** Something that has happened to whoever looks. */
  note(atMs: number, changes: readonly string[]): void {
    this.#changes = [...this.#changes, ...changes.map((what) => ({ atMs, what }))].slice(-changesMax);
    this.#view = undefined;
  }

  view(): TopView {
    this.#view ??= this.#made();
    return this.#view;
  }

  #made(): TopView {
    const { atMs, members, vitals, runs } = this.#last;
    const said = new Map(vitals.map((one) => [one.server, one]));
    return {
      atMs,
      all: ratesOf(this.#gauges.now()),
      servers: members.map((member) => this.#serverOf(member, said.get(member.name))),
      functions: this.#functionsOf(vitals),
      runs,
      breakers: vitals.flatMap(({ server: by, breakers }) => breakers.map((breaker) => ({ by, ...breaker }))),
      changes: this.#changes,
    };
  }

  #serverOf({ name, status, evidence, resources }: Member, vitals: Vitals | undefined): TopServer {
    const extra = [...evidence, ...(vitals?.isDraining ? ['draining'] : []), ...(vitals?.isOverloaded ? ['overloaded'] : [])];
    const queued = vitals?.functions.reduce((sum, { waiting }) => sum + waiting, 0) ?? 0;
    return { server: name, state: [status, ...extra].join(' '), resources, vitals, queued, ...ratesOf(this.#gauges.now({ server: name })) };
  }

  #functionsOf(vitals: readonly Vitals[]): readonly TopFunction[] {
    const found = new Map<string, { servers: number; running: number; queued: number }>();
    for (const { functions } of vitals) {
      for (const { function: name, inFlight, waiting } of functions) {
        const before = found.get(name) ?? { servers: 0, running: 0, queued: 0 };
        found.set(name, { servers: before.servers + 1, running: before.running + inFlight, queued: before.queued + waiting });
      }
    }
    return [...found].map(([name, counts]) => ({ function: name, ...counts, ...ratesOf(this.#gauges.now({ function: name })) }));
  }
}

function ratesOf({ atMs: _, ...rates }: Point): Rates {
  return rates;
}
