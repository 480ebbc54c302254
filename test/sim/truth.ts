/**
 * One seeded history of calls and faults over a whole fabric, on virtual time; what every caller was told is held against what
 * the handlers themselves wrote down (truth-judge.ts).
 *
 * The handlers' log is the truth: it is written when a handler is entered, by whichever process that is. The frames in flight are
 * read off the links (call-watch.ts).
 */

import { type Random, seededRandom } from '../../src/base/random.ts';
import { HeddleError } from '../../src/errors.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { FabricWorld, type WorldProcess } from '../fabric/fabric-world.ts';
import { CallWatch } from './call-watch.ts';
import { anyVersion, clientsMax, serverNames, TruthCast } from './truth-cast.ts';
import { TruthFaults } from './truth-faults.ts';
import { causeOf, problemsOf, type Told } from './truth-judge.ts';

export interface TruthOptions {
  readonly seed: string;
  readonly calls: number;
  readonly hasFaults: boolean;
  /** One call in three is hedged and has a key, makes calls of its own over three hops, or is of a function whose versions differ in effect; and servers are drained. Default: false. */
  readonly isMixed?: boolean | undefined;
}

export interface TruthReport {
  readonly problems: readonly string[];
  /** Calls by what they were told: `ok`, or code and executed. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Calls of which nobody could say whether they ran, by cause. */
  readonly maybes: Readonly<Record<string, number>>;
  /** All calls, and those whose caller was killed. */
  readonly calls: number;
  readonly gone: number;
}

const callEveryMs = 12;
const faultEveryMs = 350;
const drainEveryMs = 1_500;
/** One call in so many is given up by its caller. */
const givesUpEvery = 30;

export async function runTruth(options: TruthOptions): Promise<TruthReport> {
  const story = new Story(options);
  try {
    await story.run();
    return story.report();
  } finally {
    await story.close();
  }
}

class Story {
  readonly #options: TruthOptions;
  readonly #world: FabricWorld;
  readonly #watch: CallWatch;
  readonly #cast: TruthCast;
  readonly #faults: TruthFaults;
  readonly #random: Random;
  readonly #told: Told[] = [];
  /** Calls without an end, by the process that made them. */
  readonly #waiting = new Map<Told, WorldProcess | undefined>();

  constructor(options: TruthOptions) {
    this.#options = options;
    this.#random = seededRandom(`truth ${options.seed}`);
    this.#world = new FabricWorld(`truth ${options.seed}`);
    this.#watch = new CallWatch(() => this.#world.clock.nowMs());
    this.#world.watch = this.#watch.watch;
    this.#cast = new TruthCast(this.#world, (server, call) => this.#follow('once', server, call));
    const call = (name: string, client: number, calls: number): void => {
      for (let count = 0; count < calls; count += 1) this.#call(name, client);
    };
    this.#faults = new TruthFaults({ world: this.#world, cast: this.#cast, random: this.#random.fork('faults'), call });
  }

  async run(): Promise<void> {
    const { calls, hasFaults } = this.#options;
    const { clock } = this.#world;
    await this.#cast.start();
    // What is young is trusted less: let them grow older first.
    await this.#world.advance(newsMsMax);
    for (let id = 0; id < calls; id += 1) clock.schedule(this.#random.next() * calls * callEveryMs, () => this.#anyCall());
    const faults = hasFaults ? Math.floor((calls * callEveryMs) / faultEveryMs) : 0;
    for (let at = 0; at < faults; at += 1) clock.schedule((at + this.#random.next()) * faultEveryMs, () => this.#faults.strike());
    if (this.#options.isMixed && hasFaults) this.#drainNowAndThen(calls * callEveryMs);
    await this.#world.advance(calls * callEveryMs);
    await this.#world.until('every call has its end', () => this.#isOver(), 60_000);
    // What comes late comes now.
    await this.#world.advance(3_000);
  }

  report(): TruthReport {
    const verdicts: Record<string, number> = {};
    const maybes: Record<string, number> = {};
    for (const told of this.#told) {
      const { code, verdict } = told;
      count(verdicts, code === 'ok' ? 'ok' : `${code} ${verdict}`);
      if (verdict === 'maybe') count(maybes, causeOf(told, this.#watch));
    }
    const problems = this.#told.flatMap((told) => problemsOf(told, this.#cast, this.#watch));
    for (const [id, keys] of this.#cast.keys)
      if (keys.size > 1) problems.push(`call ${id}: its handlers were given ${[...keys].join(', ')}`);
    const gone = this.#told.filter(({ verdict }) => verdict === 'gone').length;
    return { problems, verdicts, faults: this.#faults.struck, maybes, calls: this.#told.length, gone };
  }

  async close(): Promise<void> {
    await this.#cast.close();
    await this.#world.close();
  }

  /** Every call has been told its end, or its caller is gone. */
  #isOver(): boolean {
    for (const [told, caller] of this.#waiting) {
      if (caller?.isAlive) return false;
      this.#waiting.delete(told);
      Object.assign(told, { verdict: 'gone', code: 'killed' });
    }
    return true;
  }

  /** Servers are asked what became of calls just when they drain. */
  #drainNowAndThen(forMs: number): void {
    const random = this.#random.fork('drains');
    for (let atMs = drainEveryMs; atMs < forMs; atMs += drainEveryMs)
      this.#world.clock.schedule(atMs, () => {
        const name = serverNames[random.integer(serverNames.length)] ?? 's1';
        if (random.next() < 0.5) this.#world.breakLinks(name);
        this.#world.clock.schedule(random.next() * 20, () => {
          if (this.#cast.drain(name, 100 + random.next() * 1_000)) count(this.#faults.struck, 'drain');
        });
      });
  }

  #anyCall(): void {
    const isMixed = this.#options.isMixed === true && this.#random.next() < 1 / 3;
    const name = this.#random.next() < 0.7 ? 'once' : 'idempotent';
    this.#call(isMixed && name === 'once' ? this.#oneOf('hops', 'versions') : name, this.#random.integer(clientsMax), isMixed);
  }

  #call(name: string, at: number, isMixed = false): void {
    const random = this.#random;
    const { client, name: caller = '' } = this.#cast.clients[at] ?? {};
    const workMs = name === 'bulk' || random.next() < 0.5 ? 0 : Math.floor(random.next() * 300);
    const timeoutMs = 1_500 + Math.floor(random.next() * 4_000);
    const signal = random.integer(givesUpEvery) === 0 ? this.#givesUp(random.next() * 400) : undefined;
    const effect = name === 'idempotent' ? 'idempotent' : name === 'versions' ? 'mixed' : 'once';
    // Half of its callers believe that it may run twice.
    const fn = name === 'versions' ? this.#oneOf(name, anyVersion) : name;
    const terms = isMixed ? { hedge: name === 'idempotent', idempotencyKey: `key of ${this.#told.length}` } : {};
    void this.#follow(effect, caller, async (id) => client?.call(fn, [id, workMs, 1], { timeoutMs, signal, ...terms }));
  }

  #oneOf<A, B>(a: A, b: B): A | B {
    return this.#random.next() < 0.5 ? a : b;
  }

  /** Keeps the record of a call until its end. */
  #follow(effect: Told['effect'], caller: string, call: (id: number) => Promise<unknown>): Promise<void> {
    const startMs = this.#world.clock.nowMs();
    const told: Told = { id: this.#told.length, effect, startMs, endMs: startMs, verdict: undefined, code: 'ok', isOpen: false };
    this.#told.push(told);
    this.#waiting.set(told, this.#world.processes.get(caller));
    return call(told.id).then(
      () => this.#settle(told, 'yes', 'ok'),
      (error: unknown) =>
        HeddleError.is(error) ? this.#settle(told, error.executed, error.code) : this.#settle(told, 'maybe', String(error)),
    );
  }

  #settle(told: Told, verdict: Told['verdict'], code: string): void {
    this.#waiting.delete(told);
    Object.assign(told, { verdict, code, endMs: this.#world.clock.nowMs(), isOpen: this.#watch.isOpen(told.id) });
  }

  #givesUp(afterMs: number): AbortSignal {
    const giver = new AbortController();
    this.#world.clock.schedule(afterMs, () => giver.abort());
    return giver.signal;
  }
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
