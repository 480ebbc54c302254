/**
 * A model of SWIM with Lifeguard (swim-member.ts) as a contender: same weather, same script, packets lost instead of late.
 *
 * It begins formed: joining is not compared. `avoided` is its suspicion, although memberlist goes on listing a suspect.
 */

import { type Random, seededRandom } from '../../../src/base/random.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { NetworkWeather } from '../../../src/transport/network-weather.ts';
import type { Contender, ContenderOptions, Watcher } from './contender.ts';
import { type SwimHost, SwimMember, type SwimPacket, type SwimState, updateBytes } from './swim-member.ts';

const pollMs = 250;
/** IP and UDP are left out, as HTTP/2 is for Heddle: the head of the message itself. */
const packetBytes = 40;

export class Swim implements Contender {
  readonly size: number;
  readonly #clock = new VirtualClock();
  readonly #weather: NetworkWeather;
  readonly #loss: number;
  readonly #random: Random;
  readonly #members: SwimMember[] = [];
  readonly #bytes: Float64Array;
  readonly #silenced = new Set<number>();
  readonly #falselyDead = new Set<number>();
  #watched: { readonly about: number; readonly incarnation: number; readonly watcher: Watcher } | undefined;
  #isSplit = false;

  constructor({ size, seed, loss }: ContenderOptions) {
    this.size = size;
    this.#random = seededRandom(`swim ${seed}`);
    this.#weather = new NetworkWeather({ delayMs: 0.2, jitterMs: 1, random: this.#random.fork('network') });
    this.#loss = loss ?? 0;
    this.#bytes = new Float64Array(size);
    const host = this.#host();
    for (let at = 0; at < size; at += 1) this.#members.push(new SwimMember(at, host));
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  form(): number {
    return 0;
  }

  advance(ms: number): void {
    this.#clock.advance(ms);
  }

  untilOneView(ms: number): number | undefined {
    const startMs = this.nowMs();
    while (!this.#isOneView()) {
      if (this.nowMs() - startMs >= ms) return undefined;
      this.advance(pollMs);
    }
    return this.nowMs() - startMs;
  }

  announce(member: number, watcher: Watcher): void {
    const incarnation = this.#members[member]?.announce() ?? 0;
    this.#watched = { about: member, incarnation, watcher };
  }

  silence(member: number, watcher: Watcher): void {
    this.#silenced.add(member);
    this.#watched = { about: member, incarnation: Number.POSITIVE_INFINITY, watcher };
    this.#weather.isolate(`${member}`);
  }

  split(members: number | undefined): void {
    this.#isSplit = members !== undefined;
    if (members === undefined) this.#weather.healAll();
    else this.#weather.split(Array.from({ length: members }, (_, at) => `${at}`));
  }

  restart(member: number, downMs: number): void {
    const old = this.#members[member];
    if (old) old.isUp = false;
    this.#clock.schedule(downMs, () => this.#rejoin(member));
  }

  falseDeads(): number {
    return this.#falselyDead.size;
  }

  bytes(): readonly number[] {
    return [...this.#bytes];
  }

  clear(): void {
    this.#bytes.fill(0);
    this.#falselyDead.clear();
  }

  notes(): string {
    return 'a model, not memberlist itself';
  }

  #host(): SwimHost {
    const isUp = (at: number): boolean => this.#members[at]?.isUp === true;
    return {
      size: this.size,
      random: this.#random.fork('members'),
      nowMs: () => this.nowMs(),
      schedule: (delayMs, task) => this.#clock.schedule(delayMs, task),
      send: (from, to, packet) => this.#send(from, to, packet),
      reaches: (from, to) => isUp(to) && this.#weather.isWhole(`${from}`, `${to}`),
      pushPull: (from, to) => this.#pushPull(from, to),
      changed: (by, about, state) => this.#changed(by, about, state),
    };
  }

  #send(from: number, to: number, packet: SwimPacket): void {
    this.#count(from, packetBytes + updateBytes * packet.updates.length);
    if (this.#weather.isCut(`${from}`, `${to}`) || this.#random.next() < this.#loss) return;
    this.#clock.schedule(this.#weather.delayMs(`${from}`, `${to}`), () => this.#members[to]?.receive(from, packet));
  }

  #pushPull(from: number, to: number): void {
    const [a, b] = [this.#members[from], this.#members[to]];
    if (!a || !b) return;
    this.#count(from, this.size * updateBytes);
    this.#count(to, this.size * updateBytes);
    exchange(a, b);
    exchange(b, a);
  }

  /** The new process asks one that runs, and contradicts what is said of it. */
  #rejoin(member: number): void {
    const made = new SwimMember(member, this.#host());
    this.#members[member] = made;
    let other = this.#random.integer(this.size);
    while (other === member || !this.#members[other]?.isUp) other = this.#random.integer(this.size);
    const known = this.#members[other];
    if (!known) return;
    made.states.set(known.states);
    made.states[member] = 0;
    made.incarnations.set(known.incarnations);
    this.#count(other, this.size * updateBytes);
    made.announce();
  }

  #changed(by: number, about: number, state: SwimState): void {
    const isReachable = !this.#silenced.has(about) && !this.#silenced.has(by) && !this.#isSplit;
    const isFalse = state === 'dead' && this.#members[about]?.isUp === true && isReachable;
    if (isFalse) this.#falselyDead.add(about);
    const watched = this.#watched;
    if (watched?.about !== about) return;
    const incarnation = this.#members[by]?.incarnations[about] ?? 0;
    if (state === 'alive' && incarnation >= watched.incarnation) watched.watcher.known?.(by);
    if (state !== 'alive') watched.watcher.avoided?.(by);
    if (state === 'dead') watched.watcher.dead?.(by);
  }

  #count(member: number, bytes: number): void {
    this.#bytes[member] = (this.#bytes[member] ?? 0) + bytes;
  }

  #isOneView(): boolean {
    return this.#members.every((member) => !member.isUp || member.states.every((state) => state === 0));
  }
}

/** One direction of push/pull. memberlist's mergeState takes a dead member of the other for a suspicion. */
function exchange(from: SwimMember, to: SwimMember): void {
  for (const [about, state] of from.states.entries()) {
    const incarnation = from.incarnations[about] ?? 0;
    if (state === 0 && incarnation === 0) continue;
    to.learn({ state: state === 0 ? 'alive' : 'suspect', about, incarnation, from: from.index });
  }
}
