/**
 * The large results that have stayed on this server: parked when their handlers return, read by pulls, freed by the lease rules.
 *
 * H1 a result over `inlineBytesMax`, or over what whoever called takes, stays here if it is allowed to, and its caller gets to
 *    know where it is.
 * H2 which stay, for how long, and which go to disk is core/handoff/parking.ts; this carries it out.
 * H3 a result for which there is no room is `bad_result`: its function ran.
 * H4 one client, by token or certificate, has at most half of the room: what it lets lie keeps no other from its results.
 * H5 the number of a value cannot be guessed: whoever was told of it may pull it and free it, and nobody else.
 */

import type { Clock } from '../../base/clock.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Random } from '../../base/random.ts';
import { type DropReason, Parking, type ParkingEffect, type ParkingInput, type Share } from '../../core/handoff/parking.ts';
import type { Parked, Path, Payload } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type { SpillStore } from '../../storage/spill.ts';
import type { LeaseFrame } from '../../wire/frame.ts';
import { Pump } from '../link/pump.ts';
import type { HandOffSettings } from './hand-off-settings.ts';
import { KeptValue } from './kept-value.ts';

export interface ParkedValuesOptions {
  readonly clock: Clock;
  /** For secrets. */
  readonly random: Random;
  /** Of this server. */
  readonly identity: { readonly name: string; readonly instance: string };
  readonly spill: SpillStore;
  readonly observer: Observer;
  readonly settings: HandOffSettings;
}

/** How a value is kept at first. */
export interface Lease {
  readonly leaseMs: number;
  /** Its function may run again. */
  readonly isRepeatable: boolean;
  /** Whose it is (`Identity.text`), where that is a client; absent: nobody's in particular. */
  readonly owner?: string | undefined;
}

/** Values that one server keeps at once. */
export const parkedValuesMax = 100_000;
/** Of these, of one client; it has at most half of the bytes, too (H4). */
export const parkedValuesOfOneMax = 50_000;
/** A bare byte string up to this size is copied: its handler may write to it again. */
const copiedBytesMax = 1024 * 1024;
const noBytes: Uint8Array = new Uint8Array(0);

/** Whether a handler that gave this result may write to it again: what is kept of it has to be a copy. */
export function mayBeWritten({ encoding, bytes }: Payload): boolean {
  return encoding === 'bytes' && bytes.length <= copiedBytesMax;
}

export class ParkedValues {
  readonly #options: ParkedValuesOptions;
  readonly #parking: Parking;
  readonly #pump: Pump<ParkingInput, ParkingEffect>;
  readonly #values = new Map<number, KeptValue>();
  /** By number of a value, and then by path: parts of it that are kept by themselves. */
  readonly #parts = new Map<number, Map<string, Payload & { readonly parked: Parked }>>();
  /** Of the next value, in events. */
  #nextNumber = 1;
  /** Bytes of streams that have not ended yet. */
  #gathered = 0;
  /** Of these, those of each client. */
  readonly #gatheredOf = new Map<string, number>();
  #idle: Deferred<void> | undefined;

  constructor(options: ParkedValuesOptions) {
    const { memoryBytesMax, spillBytesMax } = options.settings;
    this.#options = options;
    const bytesMax = memoryBytesMax + spillBytesMax;
    const ofOne = { bytesOfOneMax: bytesMax / 2, valuesOfOneMax: parkedValuesOfOneMax };
    this.#parking = new Parking({ memoryBytesMax, bytesMax, valuesMax: parkedValuesMax, ...ofOne });
    this.#pump = new Pump({
      machine: this.#parking,
      clock: options.clock,
      wake: () => [{ kind: 'wake' }],
      execute: (effect) => this.#execute(effect),
    });
  }

  /** How many there are, and their bytes; `memoryBytes`: those that memory holds. */
  get held(): { readonly values: number; readonly bytes: number; readonly memoryBytes: number } {
    return { values: this.#parking.size, bytes: this.#parking.bytes, memoryBytes: this.#parking.memoryBytes };
  }

  /**
   * What is sent of a result: where it is, when it is large enough to stay here. Its bytes belong to this server from now on.
   * Throws `bad_result` when there is no room for it.
   */
  park(payload: Payload, lease: Lease, overBytes = Number.POSITIVE_INFINITY): Payload {
    const { bytes, encoding } = payload;
    if (bytes.length <= Math.min(this.#options.settings.inlineBytesMax, overBytes)) return payload;
    this.#checkRoom({ bytes: bytes.length, owner: lease.owner });
    return this.keep(new KeptValue(encoding, { bytes: mayBeWritten(payload) ? new Uint8Array(bytes) : bytes }), {
      isStream: false,
      ...lease,
    });
  }

  /** Room for so many more bytes of streams that are being gathered; negative: they are not any more. Throws `bad_result`. */
  gather(share: Share): void {
    const { bytes, owner } = share;
    if (bytes > 0) this.#checkRoom(share);
    this.#gathered += bytes;
    if (owner === undefined) return;
    const gathered = (this.#gatheredOf.get(owner) ?? 0) + bytes;
    if (gathered > 0) this.#gatheredOf.set(owner, gathered);
    else this.#gatheredOf.delete(owner);
  }

  /** Where bytes of streams go. */
  get spill(): SpillStore {
    return this.#options.spill;
  }

  /** One that is kept here; undefined when it is not, or not any more. */
  find({ instance, id }: Parked): KeptValue | undefined {
    return instance === this.#options.identity.instance ? this.#values.get(id) : undefined;
  }

  /** Whose a value is, where that is a client. */
  ownerOf({ id }: Parked): string | undefined {
    return this.#parking.ownerOf(id);
  }

  /** A part of a value that is kept by itself. */
  findPart({ id }: Parked, path: Path): Payload | undefined {
    const part = this.#parts.get(id)?.get(JSON.stringify(path));
    return part && this.#values.has(part.parked.id) ? part : undefined;
  }

  /** It stays as long as the value does of which it is a part. */
  keepPart({ id }: Parked, path: Path, part: Payload & { readonly parked: Parked }): Payload {
    const parts = this.#parts.get(id) ?? new Map<string, Payload & { readonly parked: Parked }>();
    this.#parts.set(id, parts);
    parts.set(JSON.stringify(path), part);
    return part;
  }

  /** A word of a coordinator's. */
  lease({ renewed, released, forMs }: Omit<LeaseFrame, 'kind'>): void {
    if (renewed.length > 0) this.#pump.feed({ kind: 'renewed', ids: this.#withParts(renewed), forMs });
    if (released.length > 0) this.#pump.feed({ kind: 'released', ids: this.#withParts(released) });
  }

  #withParts(ids: readonly number[]): readonly number[] {
    if (this.#parts.size === 0) return ids;
    return ids.flatMap((id) => [id, ...[...(this.#parts.get(id)?.values() ?? [])].map(({ parked }) => parked.id)]);
  }

  /** Resolves when nothing is kept here any more. */
  idle(): Promise<void> {
    if (this.#values.size === 0) return Promise.resolve();
    this.#idle ??= deferred();
    return this.#idle.promise;
  }

  /** Frees everything. */
  async close(): Promise<void> {
    this.#pump.feed({ kind: 'released', ids: [...this.#values.keys()] });
    this.#pump.close();
    await this.#options.spill.close();
  }

  /** A value that stays here, whatever its size; what is sent of it. */
  keep(value: KeptValue, { leaseMs, isRepeatable, owner, isStream }: Lease & { readonly isStream: boolean }): Payload {
    const { name: server, instance } = this.#options.identity;
    const id = this.#newId();
    this.#values.set(id, value);
    value.number = this.#nextNumber++;
    this.#options.observer.emit({ kind: 'result.parked', value: value.number, bytes: value.size });
    this.#pump.feed({ kind: 'parked', id, bytes: value.size, leaseMs, isOnDisk: value.isOnDisk, owner });
    const parked: Parked = { server, instance, id, bytes: value.size, isRepeatable, isStream };
    return { encoding: value.encoding, bytes: noBytes, parked };
  }

  /** H5: 52 bits that nobody can tell. */
  #newId(): number {
    const bytes = Buffer.from(this.#options.random.bytes(7));
    const id = bytes.readUIntBE(0, 6) * 16 + (bytes.readUInt8(6) & 15);
    return id === 0 || this.#values.has(id) ? this.#newId() : id;
  }

  #execute(effect: ParkingEffect): void {
    const value = this.#values.get(effect.id);
    switch (effect.kind) {
      case 'spill':
        if (value) void this.#spill(effect.id, value);
        return;
      case 'drop':
        if (value) this.#drop(effect.id, value, effect.why);
        if (this.#values.size > 0) return;
        this.#idle?.resolve();
        this.#idle = undefined;
    }
  }

  #drop(id: number, value: KeptValue, why: DropReason): void {
    this.#values.delete(id);
    this.#parts.delete(id);
    value.drop(why);
    const kind = why === 'expired' ? 'lease.expired' : 'result.released';
    this.#options.observer.emit({ kind, value: value.number, bytes: value.size });
  }

  async #spill(id: number, value: KeptValue): Promise<void> {
    const { spill, settings, observer } = this.#options;
    const ok = await value.spill(spill, value.size > settings.memoryBytesMax);
    this.#pump.feed({ kind: 'spilled', id, ok });
    observer.emit({ kind: 'result.spilled', value: value.number, bytes: value.size, ok });
  }

  /** H3, H4. Throws `bad_result`. */
  #checkRoom({ bytes, owner }: Share): void {
    const gathered = owner === undefined ? 0 : (this.#gatheredOf.get(owner) ?? 0);
    if (!this.#parking.hasRoom(this.#gathered + bytes)) throw this.#full(bytes);
    if (!this.#parking.hasShare({ owner, bytes: gathered + bytes })) throw this.#overShare(bytes);
  }

  #overShare(found: number): HeddleError {
    const { memoryBytesMax, spillBytesMax } = this.#options.settings;
    const share = `half of the ${memoryBytesMax + spillBytesMax} bytes, and ${parkedValuesOfOneMax} values`;
    const expected = `no more than one client may keep on ${this.#options.identity.name} until its results are pulled (${share})`;
    return new HeddleError('bad_result', { path: [], expected, found: `${found} bytes besides what it has there` });
  }

  #full(found: number): HeddleError {
    const bytes = this.held.bytes + this.#gathered;
    const { memoryBytesMax, spillBytesMax } = this.#options.settings;
    const room = memoryBytesMax + spillBytesMax - bytes;
    const expected = `at most the ${Math.max(0, room)} bytes for which ${this.#options.identity.name} has room until results are pulled`;
    return new HeddleError('bad_result', { path: [], expected, found: `${found} bytes` });
  }
}
