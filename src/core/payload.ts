/**
 * One encoded value, as the quiet floor sees it: opaque bytes with the name of their encoding.
 *
 * Core, transport and relays move payloads and never look inside; `wire/value.ts` makes and reads them.
 * A payload is encoded once by its producer and decoded once by its consumer.
 */

/**
 * `json`: JSON text, with the `$` forms for what JSON lacks. `binary`: the binary codec of wire/value.ts.
 * `bytes`: the value is a Uint8Array and these are its bytes. `undefined`: the value is undefined; no bytes.
 */
export type Encoding = 'json' | 'binary' | 'bytes' | 'undefined';

export interface Payload {
  readonly encoding: Encoding;
  /** Empty where `parked` says where they are. */
  readonly bytes: Uint8Array;
  /** The bytes have stayed with the server that produced them: whoever needs them pulls them from there. */
  readonly parked?: Parked | undefined;
  /** Of a list: elements that are not among its bytes, where null stands for each. */
  readonly parts?: readonly Part[] | undefined;
}

/** One element of a list, by its place. */
export interface Part {
  /** From 0. */
  readonly at: number;
  readonly value: Payload;
}

/** Where the bytes of a value are that was not sent along. */
export interface Parked {
  /** Name and instance of the server that keeps them. */
  readonly server: string;
  readonly instance: string;
  /** Its number there. */
  readonly id: number;
  /** How many bytes there are. */
  readonly bytes: number;
  /** The function that gave it may run again, so a value that is lost can be made once more. */
  readonly isRepeatable: boolean;
  /** It was given as a stream of bytes, and may be read as one. */
  readonly isStream: boolean;
  /** It is a part of the value with this number there, and is lost with that. */
  readonly whole?: number | undefined;
}

/** The bytes of a value, wherever they are. */
export function sizeOf({ bytes, parked, parts }: Payload): number {
  if (parts) return parts.reduce((sum, { value }) => sum + sizeOf(value), bytes.length);
  return parked?.bytes ?? bytes.length;
}

/** What of a value has stayed with its producers. */
export function keptOf({ parked, parts }: Payload): readonly Parked[] {
  if (parts) return parts.flatMap(({ value }) => value.parked ?? []);
  return parked ? [parked] : [];
}

/** What tells one value that was kept from all others; of a part, that of the whole. */
export function valueName({ instance, id, whole }: Parked): string {
  return `${instance}/${whole ?? id}`;
}

/** Keys and positions that lead from a value to a part of it. */
export type Path = readonly (string | number)[];

/**
 * A value to be put into another one where it is used: the part of `value` that `path` leads to is placed at
 * `at` inside the decoded template. `name` says whose value it is, for messages.
 */
export interface Input {
  readonly at: Path;
  readonly value: Payload;
  readonly path: Path;
  readonly name: string;
}

/** A template with the values that belong in its holes (the holes hold null until they are filled). */
export interface Filled {
  readonly template: Payload;
  readonly inputs: readonly Input[];
}
