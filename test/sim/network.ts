/**
 * A network of bare members in virtual time, as TCP shows it to a program.
 *
 * T1 a link delivers in order; while a direction is cut its frames wait, and after `keepaliveMs` both ends learn that
 *    the link is gone (`silent`). T2 a dial needs both directions: cut, it is `silent`; nobody listening, `refused`;
 *    a paused process, `stalled`. T3 a killed process' links are `reset` at the other ends.
 * T4 a paused process handles neither timers nor frames; when it resumes, its late timers run first, as in Node.
 * T5 with `hasDuplicates`, the last news of a link that broke arrives once more over the next one between the two.
 * The weather and the clocks are those of `heddle/testing`; frames are values, which is what lets 10,000 members run.
 */

import type { Random } from '../../src/base/random.ts';
import type { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { LinkEvidence } from '../../src/core/gossip/io.ts';
import type { Hello, HelloAck, MeshMessage } from '../../src/core/gossip/message.ts';
import { ProcessClock } from '../../src/testing/process-clock.ts';
import { NetworkWeather } from '../../src/transport/network-weather.ts';

/** What the network asks of a process. */
export interface Endpoint {
  greeted(link: number, hello: Hello): void;
  dialled(dial: number, outcome: { ack: HelloAck; link: number | undefined } | LinkEvidence): void;
  received(link: number, message: MeshMessage): void;
  linkDown(link: number, evidence: LinkEvidence): void;
}

export interface NetworkOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly hasDuplicates?: boolean | undefined;
}

const keepaliveMs = 15_000;
/** Frames of a link that are kept to come again: what a member may hear twice. A beat belongs to its link, which TCP numbers. */
const recentMax = 8;
const repeatable: ReadonlySet<MeshMessage['kind']> = new Set<MeshMessage['kind']>(['push', 'suspect', 'syncRecords', 'body']);

/** One end of a link. */
interface End {
  readonly host: Host;
  readonly link: number;
  readonly pair: Pair;
  readonly far: End;
  isOpen: boolean;
  /** Frames on their way to this end, while its direction is cut. */
  held: (() => void)[];
  lastArrivalMs: number;
  /** What this end was sent last. */
  recent: MeshMessage[];
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

/** One process. It has its own clock: time stands still for it while it is paused. */
export class Host {
  readonly address: string;
  readonly clock: ProcessClock;
  /** Of links that are open. */
  readonly ends = new Map<number, End>();
  /** Greetings that wait for an answer. */
  readonly arrivals = new Map<number, { readonly pending: PendingDial; readonly pair: Pair }>();
  endpoint: Endpoint | undefined;
  nextLink = 1;

  constructor(address: string, clock: VirtualClock) {
    this.address = address;
    this.clock = new ProcessClock(clock);
  }

  get isAlive(): boolean {
    return this.clock.isAlive;
  }

  get isPaused(): boolean {
    return this.clock.isPaused;
  }
}

export class Network {
  readonly weather: NetworkWeather;
  readonly #clock: VirtualClock;
  readonly #hasDuplicates: boolean;
  readonly #hosts = new Map<string, Host>();
  readonly #pairs = new Set<Pair>();
  /** Direction -> frames that come again over the next link. */
  readonly #again = new Map<string, readonly MeshMessage[]>();

  constructor({ clock, random, hasDuplicates }: NetworkOptions) {
    this.#clock = clock;
    this.#hasDuplicates = hasDuplicates === true;
    this.weather = new NetworkWeather({ delayMs: 0.2, jitterMs: 1, random });
    this.weather.onChange(() => this.#onWeather());
  }

  /** Links that are open. */
  get links(): number {
    return this.#pairs.size;
  }

  /** Binds a process to an address; an earlier one there must be dead. */
  bind(host: Host): void {
    this.#hosts.set(host.address, host);
  }

  dial(from: Host, options: { readonly dial: number; readonly address: string; readonly hello: Hello; readonly timeoutMs: number }): void {
    const { address, timeoutMs } = options;
    const pending: PendingDial = { from, dial: options.dial, isOver: false };
    from.clock.schedule(timeoutMs, () => this.#endDial(pending, this.weather.isWhole(from.address, address) ? 'stalled' : 'silent'));
    // SYN and its answer, then the greeting; a closed port answers the SYN.
    const roundTripMs = this.weather.delayMs(from.address, address) + this.weather.delayMs(address, from.address);
    this.#clock.schedule(roundTripMs, () => {
      if (!this.weather.isWhole(from.address, address)) return;
      const target = this.#hosts.get(address);
      if (!target?.isAlive || !target.endpoint) return from.clock.deliver(() => this.#endDial(pending, 'refused'));
      this.#clock.schedule(this.weather.delayMs(from.address, address), () =>
        target.clock.deliver(() => this.#greet(pending, target, options.hello)),
      );
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
    this.#after(pair.ends[0], () => pending.from.clock.deliver(() => this.#answered(host, arrival, ack)));
  }

  send(host: Host, link: number, message: MeshMessage): void {
    const end = host.ends.get(link);
    if (!end) return;
    const far = end.far;
    if (this.#hasDuplicates) remember(far, message);
    if (this.weather.isCut(host.address, far.host.address)) far.held.push(() => arrive(far, message));
    else this.#after(far, () => arrive(far, message));
  }

  close(host: Host, link: number): void {
    const end = host.ends.get(link);
    if (end) this.#closePair(end.pair, 'remote', end);
  }

  /** Breaks every link between two processes: both see a reset, and go on. */
  reset(a: string, b: string): void {
    for (const pair of [...this.#pairs]) {
      const addresses = pair.ends.map((end) => end.host.address);
      if (addresses.includes(a) && addresses.includes(b)) this.#closePair(pair, 'reset');
    }
  }

  /** The process is gone: its peers see a reset, or nothing at all behind a cut. */
  kill(host: Host): void {
    host.clock.kill();
    for (const end of [...host.ends.values()]) {
      if (this.weather.isCut(host.address, end.far.host.address)) this.#leave(end);
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
    const [near, far] = pair.ends;
    Object.assign(near, { pair, far });
    Object.assign(far, { pair, far: near });
    target.arrivals.set(link, { pending, pair });
    target.endpoint?.greeted(link, hello);
  }

  #answered(host: Host, { pending, pair }: { readonly pending: PendingDial; readonly pair: Pair }, ack: HelloAck): void {
    const isAccepted = ack.refusal === undefined;
    if (pending.isOver || this.weather.isCut(host.address, pending.from.address)) {
      if (isAccepted) this.#closePair(pair, 'remote');
      return;
    }
    pending.isOver = true;
    pending.from.endpoint?.dialled(pending.dial, { ack, link: isAccepted ? pair.ends[0].link : undefined });
    if (isAccepted && this.#hasDuplicates) for (const end of pair.ends) this.#sendAgain(end);
  }

  #sendAgain(end: End): void {
    const direction = `${end.far.host.address}>${end.host.address}`;
    for (const message of this.#again.get(direction) ?? []) {
      this.#after(end, () => arrive(end, message));
    }
    this.#again.delete(direction);
  }

  #endDial(pending: PendingDial, evidence: LinkEvidence): void {
    if (pending.isOver) return;
    pending.isOver = true;
    pending.from.endpoint?.dialled(pending.dial, evidence);
  }

  #closePair(pair: Pair, evidence: LinkEvidence, closer?: End): void {
    this.#drop(pair);
    for (const end of pair.ends) {
      if (!end.isOpen) continue;
      if (end === closer) {
        this.#leave(end);
        end.host.clock.deliver(() => end.host.endpoint?.linkDown(end.link, 'local'));
        continue;
      }
      this.#after(end, () => end.host.clock.deliver(() => this.#tellDown(end, evidence)));
    }
  }

  #drop(pair: Pair): void {
    this.#pairs.delete(pair);
    if (!this.#hasDuplicates) return;
    for (const end of pair.ends) this.#again.set(`${end.far.host.address}>${end.host.address}`, end.recent);
  }

  #tellDown(end: End, evidence: LinkEvidence): void {
    if (!end.isOpen) return;
    this.#leave(end);
    end.host.endpoint?.linkDown(end.link, evidence);
  }

  #leave(end: End): void {
    end.isOpen = false;
    end.host.ends.delete(end.link);
  }

  #onWeather(): void {
    let isAnyCut = false;
    for (const pair of this.#pairs) {
      const [a, b] = pair.ends;
      const isWhole = this.weather.isWhole(a.host.address, b.host.address);
      isAnyCut ||= !isWhole;
      pair.cutSinceMs = isWhole ? undefined : (pair.cutSinceMs ?? this.#clock.nowMs());
      for (const end of pair.ends) {
        if (end.held.length === 0 || this.weather.isCut(end.far.host.address, end.host.address)) continue;
        for (const arrive of end.held.splice(0)) this.#after(end, arrive);
      }
    }
    if (isAnyCut) this.#clock.schedule(keepaliveMs, () => this.#reap());
  }

  /** Links that were cut, or whose other process is gone, for longer than a keepalive waits. */
  #reap(): void {
    for (const pair of [...this.#pairs]) {
      const isHalf = pair.ends.some((end) => !end.host.isAlive);
      const isOld = pair.cutSinceMs !== undefined && this.#clock.nowMs() - pair.cutSinceMs >= keepaliveMs;
      if (!isHalf && !isOld) continue;
      this.#drop(pair);
      for (const end of pair.ends) end.host.clock.deliver(() => this.#tellDown(end, 'silent'));
    }
  }

  /** Runs at the end's process after the wire's delay, behind what was sent before. */
  #after(end: End, arrive: () => void): void {
    const nowMs = this.#clock.nowMs();
    const delayMs = this.weather.delayMs(end.far.host.address, end.host.address);
    end.lastArrivalMs = Math.max(end.lastArrivalMs, nowMs + delayMs);
    this.#clock.schedule(end.lastArrivalMs - nowMs, arrive);
  }
}

function arrive(end: End, message: MeshMessage): void {
  end.host.clock.deliver(() => (end.isOpen ? end.host.endpoint?.received(end.link, message) : undefined));
}

function newEnd(host: Host, link: number): Omit<End, 'pair' | 'far'> {
  return { host, link, isOpen: true, held: [], lastArrivalMs: 0, recent: [] };
}

function remember(end: End, message: MeshMessage): void {
  if (!repeatable.has(message.kind)) return;
  end.recent.push(message);
  if (end.recent.length > recentMax) end.recent.shift();
}
