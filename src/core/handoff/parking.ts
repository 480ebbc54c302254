/**
 * The results that wait on one server until their consumers have pulled them, as a state machine (base/machine.ts): which there
 * are, for how long, and which of them go to disk.
 *
 * K1 a value stays until it is released or its lease is over, whatever is pulled. Then it is dropped, once, and its bytes are free.
 * K2 at most `memoryBytesMax` stay in memory besides what is on its way to disk: a value that is larger goes there itself, else
 *    the oldest go. One that cannot be written stays in memory, and nothing more is taken while that is over its bound.
 * K3 at most `bytesMax` and `valuesMax` are kept in all; what is over is not taken (`hasRoom`), never dropped for it.
 * K4 nor are more than `bytesOfOneMax` and `valuesOfOneMax` of one owner, however much room there is besides.
 * K5 leases and releases of values that are not there mean nothing.
 * The bytes themselves are the fabric's (fabric/hand-off/parked-values.ts), files are storage's.
 */

import { assert } from '../../base/assert.ts';
import type { Machine } from '../../base/machine.ts';

export type ParkingInput =
  /** A value of this size, under a number that was not used before. There must be room. */
  | {
      readonly kind: 'parked';
      readonly id: number;
      readonly bytes: number;
      readonly leaseMs: number;
      readonly isOnDisk?: boolean;
      readonly owner?: string | undefined;
    }
  /** These stay for `forMs` from now on. */
  | { readonly kind: 'renewed'; readonly ids: readonly number[]; readonly forMs: number }
  | { readonly kind: 'released'; readonly ids: readonly number[] }
  /** Once for every `spill`: its bytes are on disk, and those in memory are free; or they could not be written. */
  | { readonly kind: 'spilled'; readonly id: number; readonly ok: boolean }
  | { readonly kind: 'wake' };

export type ParkingEffect =
  /** Write it to disk; answer with one `spilled`, also when it is dropped meanwhile. */
  | { readonly kind: 'spill'; readonly id: number }
  /** End the pulls of it, and free its bytes. */
  | { readonly kind: 'drop'; readonly id: number; readonly why: DropReason };

export type DropReason = 'released' | 'expired';

export interface ParkingLimits {
  readonly memoryBytesMax: number;
  /** In memory and on disk. */
  readonly bytesMax: number;
  readonly valuesMax: number;
  /** Likewise, of one owner. */
  readonly bytesOfOneMax: number;
  readonly valuesOfOneMax: number;
}

/** What an owner has here, or would add to it. */
export interface Share {
  readonly owner: string | undefined;
  readonly bytes: number;
}

/** `stuck`: it could not be written. */
type Place = 'memory' | 'spilling' | 'disk' | 'stuck';

interface Kept {
  readonly bytes: number;
  readonly owner: string | undefined;
  untilMs: number;
  place: Place;
}

export class Parking implements Machine<ParkingInput, ParkingEffect> {
  readonly #limits: ParkingLimits;
  /** Oldest first. */
  readonly #kept = new Map<number, Kept>();
  /** Bytes of values that were dropped while they were written: memory has them until that has ended. */
  readonly #dropped = new Map<number, number>();
  readonly #owned = new Map<string, { bytes: number; values: number }>();
  #bytes = 0;
  #memoryBytes = 0;
  #spillingBytes = 0;
  /** No lease ends before. */
  #wakeMs = Number.POSITIVE_INFINITY;
  #effects: ParkingEffect[] = [];

  constructor(limits: ParkingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Of all that is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of what memory holds: that which is on its way to disk as well. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Whether a value of so many bytes can be taken (K2, K3). */
  hasRoom(bytes: number): boolean {
    const { memoryBytesMax, bytesMax, valuesMax } = this.#limits;
    const stuck = this.#stuckBytes();
    return this.#kept.size < valuesMax && this.#bytes + bytes <= bytesMax && (stuck === 0 || stuck + bytes <= memoryBytesMax);
  }

  /** Whether an owner can have so many bytes more in one further value, as far as the others are not concerned (K4). */
  hasShare({ owner, bytes }: Share): boolean {
    const { bytesOfOneMax, valuesOfOneMax } = this.#limits;
    const owned = owner === undefined ? undefined : this.#owned.get(owner);
    return owner === undefined || ((owned?.bytes ?? 0) + bytes <= bytesOfOneMax && (owned?.values ?? 0) < valuesOfOneMax);
  }

  /** Whose a value is; undefined: nobody's in particular, or it is not kept. */
  ownerOf(id: number): string | undefined {
    return this.#kept.get(id)?.owner;
  }

  has(id: number): boolean {
    return this.#kept.has(id);
  }

  handle(input: ParkingInput, nowMs: number): void {
    switch (input.kind) {
      case 'parked':
        return this.#park(input, nowMs);
      case 'renewed':
        for (const id of input.ids) this.#renew(id, nowMs + input.forMs);
        return;
      case 'released':
        for (const id of input.ids) this.#drop(id, 'released');
        return;
      case 'spilled':
        return this.#spilled(input.id, input.ok);
      case 'wake':
        if (nowMs >= this.#wakeMs) this.#expire(nowMs);
        return;
    }
  }

  takeEffects(): readonly ParkingEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  nextWakeMs(): number {
    return this.#wakeMs;
  }

  #park({ id, bytes, leaseMs, owner, isOnDisk = false }: Extract<ParkingInput, { kind: 'parked' }>, nowMs: number): void {
    assert(!this.#kept.has(id), `value ${id} is parked twice`);
    this.#kept.set(id, { bytes, owner, untilMs: nowMs + leaseMs, place: isOnDisk ? 'disk' : 'memory' });
    this.#bytes += bytes;
    this.#own(owner, { bytes, values: 1 });
    this.#wakeMs = Math.min(this.#wakeMs, nowMs + leaseMs);
    if (isOnDisk) return;
    this.#memoryBytes += bytes;
    this.#makeRoom(id, bytes);
  }

  /** K2. */
  #makeRoom(newest: number, bytes: number): void {
    const { memoryBytesMax } = this.#limits;
    if (bytes > memoryBytesMax) this.#spill(newest);
    for (const id of this.#kept.keys()) {
      if (this.#memoryBytes - this.#spillingBytes <= memoryBytesMax) return;
      this.#spill(id);
    }
  }

  #spill(id: number): void {
    const kept = this.#kept.get(id);
    if (kept?.place !== 'memory') return;
    kept.place = 'spilling';
    this.#spillingBytes += kept.bytes;
    this.#effects.push({ kind: 'spill', id });
  }

  #spilled(id: number, ok: boolean): void {
    const kept = this.#kept.get(id);
    const bytes = kept?.bytes ?? this.#dropped.get(id) ?? 0;
    this.#dropped.delete(id);
    this.#spillingBytes -= bytes;
    if (ok || !kept) this.#memoryBytes -= bytes;
    if (kept) kept.place = ok ? 'disk' : 'stuck';
  }

  #renew(id: number, untilMs: number): void {
    const kept = this.#kept.get(id);
    if (!kept) return;
    kept.untilMs = untilMs;
    this.#wakeMs = Math.min(this.#wakeMs, untilMs);
  }

  #expire(nowMs: number): void {
    this.#wakeMs = Number.POSITIVE_INFINITY;
    for (const [id, { untilMs }] of this.#kept) {
      if (untilMs <= nowMs) this.#drop(id, 'expired');
      else this.#wakeMs = Math.min(this.#wakeMs, untilMs);
    }
  }

  #drop(id: number, why: DropReason): void {
    const kept = this.#kept.get(id);
    if (!kept) return;
    this.#kept.delete(id);
    this.#bytes -= kept.bytes;
    this.#own(kept.owner, { bytes: -kept.bytes, values: -1 });
    if (kept.place === 'spilling') this.#dropped.set(id, kept.bytes);
    else if (kept.place !== 'disk') this.#memoryBytes -= kept.bytes;
    if (this.#kept.size === 0) this.#wakeMs = Number.POSITIVE_INFINITY;
    this.#effects.push({ kind: 'drop', id, why });
  }

  #own(owner: string | undefined, more: { readonly bytes: number; readonly values: number }): void {
    if (owner === undefined) return;
    const owned = this.#owned.get(owner) ?? { bytes: 0, values: 0 };
    owned.bytes += more.bytes;
    owned.values += more.values;
    if (owned.values > 0) this.#owned.set(owner, owned);
    else this.#owned.delete(owner);
  }

  #stuckBytes(): number {
    let bytes = 0;
    for (const kept of this.#kept.values()) if (kept.place === 'stuck') bytes += kept.bytes;
    return bytes;
  }
}
