/**
 * A network of processes in virtual time, as TCP shows it to a program.
 *
 * T1 a link delivers in order; while a direction is cut its frames wait, and after `keepaliveMs` both ends learn that
 *    the link is gone (`silent`). T2 a dial needs both directions: cut, it is `silent`; nobody listening, `refused`;
 *    a paused process, `stalled`. T3 a killed process' links are `reset` at the other ends.
 * T4 a paused process handles neither timers nor frames; when it resumes, its late timers run first, as in Node.
 */

import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import type { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { LinkEvidence } from '../../src/core/gossip/io.ts';
import type { Hello, HelloAck, MeshMessage } from '../../src/core/gossip/message.ts';

/** What the network asks of a process. */
export interface Endpoint {
  greeted(link: number, hello: Hello): void;
  dialled(dial: number, outcome: { ack: HelloAck; link: number | undefined } | LinkEvidence): void;
  received(link: number, message: MeshMessage): void;
  linkDown(link: number, evidence: LinkEvidence): void;
}

const keepaliveMs = 15_000;

/** One end of a link. */
interface End {
  readonly host: Host;
  readonly link: number;
  readonly pair: Pair;
  isOpen: boolean;
  /** Frames on their way to this end, while its direction is cut. */
  held: (() => void)[];
  lastArrivalMs: number;
}

interface Pair {
  readonly ends: [End, End];
  cutSinceMs: number | undefined;
}

interface PendingDial {
  readonly from: Host;
  readonly dial: number;
  isOver: boolean;
}

/** One process. It is given its own clock: time stands still for it while it is paused. */
export class Host {
  readonly address: string;
  readonly clock: Clock;
  readonly ends = new Map<number, End>();
  /** Greetings that wait for an answer. */
  readonly arrivals = new Map<number, { readonly pending: PendingDial; readonly pair: Pair }>();
  endpoint: Endpoint | undefined;
  isAlive = true;
  isPaused = false;
  pausedUntilMs = 0;
  nextLink = 1;
  readonly #late: (() => void)[] = [];
  readonly #inbox: (() => void)[] = [];

  constructor(address: string, clock: VirtualClock) {
    this.address = address;
    this.clock = {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      schedule: (delayMs, task) => {
        let isCancelled = false;
        const run = (): void => {
          if (isCancelled || !this.isAlive) return;
          if (this.isPaused) this.#late.push(run);
          else task();
        };
        clock.schedule(delayMs, run);
        return () => {
          isCancelled = true;
        };
      },
    };
  }

  /** Something arrives from outside. */
  deliver(task: () => void): void {
    if (!this.isAlive) return;
    if (this.isPaused) this.#inbox.push(task);
    else task();
  }

  resume(): void {
    this.isPaused = false;
    for (const task of [...this.#late.splice(0), ...this.#inbox.splice(0)]) if (this.isAlive) task();
  }
}

export class Network {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();
  readonly #cuts = new Set<string>();
  readonly #pairs = new Set<Pair>();

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Binds a process to an address; an earlier one there must be dead. */
  bind(host: Host): void {
    this.#hosts.set(host.address, host);
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.has(`${from}>${to}`);
  }

  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`);
    for (const pair of this.#pairs) {
      if (!this.#isWhole(pair)) pair.cutSinceMs ??= this.#clock.nowMs();
    }
    this.#clock.schedule(keepaliveMs, () => this.#reap());
  }

  heal(): void {
    this.#cuts.clear();
    for (const pair of this.#pairs) {
      pair.cutSinceMs = undefined;
      for (const end of pair.ends) for (const arrive of end.held.splice(0)) this.#after(end, arrive);
    }
  }

  dial(from: Host, options: { readonly dial: number; readonly address: string; readonly hello: Hello; readonly timeoutMs: number }): void {
    const pending: PendingDial = { from, dial: options.dial, isOver: false };
    const delayMs = this.#delayMs();
    from.clock.schedule(options.timeoutMs, () => this.#endDial(pending, this.#timeoutEvidence(from.address, options.address)));
    this.#clock.schedule(delayMs, () => {
      if (!this.#isPath(from.address, options.address)) return;
      const target = this.#hosts.get(options.address);
      if (!target?.isAlive || !target.endpoint) return this.#schedule(pending, () => this.#endDial(pending, 'refused'));
      target.deliver(() => this.#greet(pending, target, options.hello));
    });
  }

  /** The acceptor has decided. */
  answer(host: Host, link: number, ack: HelloAck): void {
    const arrival = host.arrivals.get(link);
    if (!arrival) return;
    host.arrivals.delete(link);
    const { pending, pair } = arrival;
    if (ack.refusal === undefined) {
      this.#pairs.add(pair);
      for (const end of pair.ends) end.host.ends.set(end.link, end);
    }
    if (!pending.from.isAlive) return this.#closePair(pair, 'reset');
    // In order with the frames of the link: the answer is the first of them.
    this.#after(pair.ends[0], () =>
      pending.from.deliver(() => {
        const isCut = this.isCut(host.address, pending.from.address);
        if (pending.isOver || isCut) return ack.refusal === undefined ? this.#closePair(pair, 'remote') : undefined;
        pending.isOver = true;
        pending.from.endpoint?.dialled(pending.dial, { ack, link: ack.refusal === undefined ? pair.ends[0].link : undefined });
        return undefined;
      }),
    );
  }

  send(host: Host, link: number, message: MeshMessage): void {
    const end = host.ends.get(link);
    if (!end?.isOpen) return;
    const far = other(end);
    const arrive = (): void => far.host.deliver(() => (far.isOpen ? far.host.endpoint?.received(far.link, message) : undefined));
    if (this.isCut(host.address, far.host.address)) far.held.push(arrive);
    else this.#after(far, arrive);
  }

  close(host: Host, link: number): void {
    const end = host.ends.get(link);
    if (!end?.isOpen) return;
    this.#closePair(end.pair, 'remote', end);
  }

  /** The process is gone: its peers see a reset, or nothing at all behind a cut. */
  kill(host: Host): void {
    host.isAlive = false;
    for (const end of host.ends.values()) {
      if (!end.isOpen) continue;
      if (this.isCut(host.address, other(end).host.address)) end.isOpen = false;
      else this.#closePair(end.pair, 'reset', end);
    }
    this.#clock.schedule(keepaliveMs, () => this.#reap());
  }

  #greet(pending: PendingDial, target: Host, hello: Hello): void {
    const link = target.nextLink++;
    const pair: Pair = {
      ends: [newEnd(pending.from, pending.from.nextLink++), newEnd(target, link)] as unknown as [End, End],
      cutSinceMs: undefined,
    };
    for (const end of pair.ends) Object.assign(end, { pair });
    target.arrivals.set(link, { pending, pair });
    target.endpoint?.greeted(link, hello);
  }

  #endDial(pending: PendingDial, evidence: LinkEvidence): void {
    if (pending.isOver) return;
    pending.isOver = true;
    pending.from.deliver(() => pending.from.endpoint?.dialled(pending.dial, evidence));
  }

  #timeoutEvidence(from: string, to: string): LinkEvidence {
    return this.#isPath(from, to) ? 'stalled' : 'silent';
  }

  #isPath(from: string, to: string): boolean {
    return !this.isCut(from, to) && !this.isCut(to, from);
  }

  #closePair(pair: Pair, evidence: LinkEvidence, closer?: End): void {
    this.#pairs.delete(pair);
    for (const end of pair.ends) {
      if (!end.isOpen) continue;
      if (end === closer) {
        end.isOpen = false;
        if (end.host.isAlive) end.host.deliver(() => end.host.endpoint?.linkDown(end.link, 'local'));
        continue;
      }
      this.#after(end, () => end.host.deliver(() => this.#tellDown(end, evidence)));
    }
  }

  #tellDown(end: End, evidence: LinkEvidence): void {
    if (!end.isOpen) return;
    end.isOpen = false;
    end.host.ends.delete(end.link);
    end.host.endpoint?.linkDown(end.link, evidence);
  }

  /** Links that were cut, or whose other process is gone, for longer than a keepalive waits. */
  #reap(): void {
    for (const pair of [...this.#pairs]) {
      const isHalf = pair.ends.some((end) => !end.host.isAlive);
      const isOld = pair.cutSinceMs !== undefined && this.#clock.nowMs() - pair.cutSinceMs >= keepaliveMs;
      if (!isHalf && !isOld) continue;
      this.#pairs.delete(pair);
      for (const end of pair.ends) end.host.deliver(() => this.#tellDown(end, 'silent'));
    }
  }

  /** Runs at the end's process after the wire's delay, behind what was sent before. */
  #after(end: End, arrive: () => void): void {
    const atMs = Math.max(end.lastArrivalMs, this.#clock.nowMs() + this.#delayMs());
    end.lastArrivalMs = atMs;
    this.#clock.schedule(atMs - this.#clock.nowMs(), arrive);
  }

  #schedule(pending: PendingDial, task: () => void): void {
    this.#clock.schedule(this.#delayMs(), () => pending.from.deliver(task));
  }

  #isWhole(pair: Pair): boolean {
    const [a, b] = pair.ends;
    return this.#isPath(a.host.address, b.host.address);
  }

  #delayMs(): number {
    return 0.2 + this.#random.next();
  }
}

function newEnd(host: Host, link: number): Omit<End, 'pair'> {
  return { host, link, isOpen: true, held: [], lastArrivalMs: 0 };
}

function other(end: End): End {
  return end.pair.ends[0] === end ? end.pair.ends[1] : end.pair.ends[0];
}
