/**
 * Dials under way, and when an address may be dialled again.
 *
 * `seed`: an address of the `join` list. `member`: the address in a record. `name`: who answers there under a name
 * that two claim (a probe). `errand`: a peer asked us to try a member. `sample`: a look at somebody who is no neighbour.
 */

import { backoffMs } from '../../base/backoff.ts';
import type { HelloPurpose } from './message.ts';
import { meshLimits, meshProtocol } from './settings.ts';
import type { MeshState } from './state.ts';

/** How much longer a newcomer's dial to a seed may take at the most than others. */
const seedPatienceMax = 4;

/** Where the answer to an errand goes. */
export interface Errand {
  readonly link: number;
  readonly request: number;
}

export type DialPurpose =
  | { readonly kind: 'seed' }
  | { readonly kind: 'member'; readonly name: string; readonly instance: string }
  /** Is `instance` alive at this address? `link`: the greeting that waits for the answer; absent: the name is ours. */
  | { readonly kind: 'name'; readonly name: string; readonly instance: string; readonly epoch: number; readonly link?: number | undefined }
  | { readonly kind: 'sample'; readonly name: string; readonly instance: string }
  | { readonly kind: 'errand'; readonly instance: string; readonly errand: Errand };

export interface Dial {
  readonly id: number;
  readonly address: string;
  readonly purpose: DialPurpose;
  /** The address stands in our `join` list. */
  readonly isConfigured: boolean;
  readonly startedAtMs: number;
}

interface Wait {
  attempts: number;
  nextMs: number;
}

export class Dials {
  readonly #state: MeshState;
  readonly #underWay = new Map<number, Dial>();
  readonly #busy = new Set<string>();
  readonly #waits = new Map<string, Wait>();
  readonly join: string[] = [];
  #nextId = 1;

  constructor(state: MeshState) {
    this.#state = state;
  }

  /** No address is put off. */
  get isSettled(): boolean {
    return this.#waits.size === 0;
  }

  isBusy(address: string): boolean {
    return this.#busy.has(address);
  }

  isDue(address: string): boolean {
    return !this.#busy.has(address) && (this.#waits.get(address)?.nextMs ?? 0) <= this.#state.nowMs;
  }

  /** Dials at once. False when too many dials are under way, or one to this address is (probes excepted). */
  dial(address: string, purpose: DialPurpose): boolean {
    const isProbe = !isForLink(purpose);
    if (this.#underWay.size >= meshLimits.dials || (!isProbe && this.#busy.has(address))) return false;
    const state = this.#state;
    const dial: Dial = { id: this.#nextId++, address, purpose, isConfigured: this.join.includes(address), startedAtMs: state.nowMs };
    this.#underWay.set(dial.id, dial);
    if (!isProbe) this.#busy.add(address);
    state.emit({
      kind: 'dial',
      dial: dial.id,
      address,
      hello: { ...greeterOf(state), purpose: helloPurpose(purpose), isConfigured: dial.isConfigured, isJoining: !state.hasMet },
      timeoutMs: this.#patienceMs(dial),
    });
    return true;
  }

  /**
   * What a dial may take: less where it checks somebody, more while our own loop is late, and more with every vain attempt of
   * a newcomer at a seed, whose host may be as busy as ours.
   */
  #patienceMs({ address, purpose }: Dial): number {
    const { settings, suspicions, hasJoined } = this.#state;
    const isCheck = !isForLink(purpose) || (purpose.kind === 'member' && suspicions.own(purpose.name) !== undefined);
    const ms = isCheck ? settings.checkTimeoutMs : settings.dialTimeoutMs;
    const attempts = purpose.kind === 'seed' && !hasJoined ? (this.#waits.get(address)?.attempts ?? 0) : 0;
    return Math.max(this.#state.stretched(ms), ms * Math.min(2 ** attempts, seedPatienceMax));
  }

  /** Ends a dial and gives it back; undefined when it is not known. */
  take(id: number): Dial | undefined {
    const dial = this.#underWay.get(id);
    if (!dial) return undefined;
    this.#underWay.delete(id);
    if (isForLink(dial.purpose)) this.#busy.delete(dial.address);
    return dial;
  }

  /** Puts the address off: doubling from `redialMinMs`, at most `maxMs`, between half and all of it. */
  postpone(address: string, maxMs: number): void {
    const wait = this.#waits.get(address) ?? { attempts: 0, nextMs: 0 };
    const { redialMinMs } = this.#state.settings;
    const fullMs = Math.min(maxMs, redialMinMs * 2 ** Math.min(wait.attempts, 30));
    const jitterMs = backoffMs({ baseMs: fullMs / 2, maxMs: fullMs / 2 }, 0, this.#state.random);
    this.#waits.set(address, { attempts: wait.attempts + 1, nextMs: this.#state.nowMs + fullMs / 2 + jitterMs });
  }

  /** The address answered, or is of no interest any more. */
  settle(address: string): void {
    if (this.#waits.size > 0) this.#waits.delete(address);
  }
}

/** What this member says of itself in a greeting, now. */
export function greeterOf(state: MeshState) {
  const { self } = state;
  return {
    cluster: self.cluster,
    uid: self.uid,
    name: self.name,
    epoch: self.record.epoch,
    instance: self.instance,
    url: self.url,
    uptimeMs: self.uptimeMs(state.nowMs),
    protocolMin: meshProtocol.min,
    protocolMax: meshProtocol.max,
    features: [],
    root: state.records.root(),
    ...(self.instanceProof === undefined ? {} : { instanceProof: self.instanceProof }),
  };
}

function helloPurpose(purpose: DialPurpose): HelloPurpose {
  return isForLink(purpose) ? 'link' : 'probe';
}

/** Wants a link; the others only ask who is there, whatever else is under way to the address. */
function isForLink({ kind }: DialPurpose): boolean {
  return kind === 'seed' || kind === 'member';
}
