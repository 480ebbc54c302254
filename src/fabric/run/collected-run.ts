/**
 * The end of a run with the bytes of its large results, which are collected where they have stayed.
 *
 * C1 a result of the run that cannot be had is the run's failure, `lease_lost`; its steps have run.
 * C2 of a run that failed, results that cannot be had are not among those that are there, nor those that are too large together:
 *    of the large ones, the smallest that have `partialBytesMax` in all are collected.
 * C3 once all is there, the servers that keep it are told.
 */

import { type Filled, type Input, keptOf, type Part, type Payload } from '../../core/payload.ts';
import { fill } from '../../core/workflow/fill.ts';
import type { OpaqueError, WireRunEvent } from '../../core/workflow/record.ts';
import { HeddleError } from '../../errors.ts';
import { parkedBytesMax } from '../../wire/common-messages.ts';
import type { WireError } from '../../wire/error.ts';
import { decodeValue, encodeValue } from '../../wire/value.ts';
import { lostValue } from '../hand-off/lost-value.ts';
import type { Puller } from '../hand-off/puller.ts';

export type SettledRun = Extract<WireRunEvent, { readonly kind: 'run.settled' }>;

/** Whoever gets the bytes of values that stayed elsewhere. */
export type ValueSource = Pick<Puller, 'pull' | 'pullInput' | 'collected'>;

/** Large results of a run that failed that whoever follows it collects, in bytes. */
const partialBytesMax = 64 * 1024 * 1024;

/** Whether something of it has to be collected. */
export function isUncollected(event: SettledRun): boolean {
  return valuesOf(event).some((value) => keptOf(value).length > 0);
}

/** How many bytes that would be, of what the run returns. */
export function uncollectedBytes({ result }: SettledRun): number {
  return (result?.inputs ?? [])
    .map(({ value }) => value)
    .flatMap(keptOf)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

export interface Collecting {
  readonly signal: AbortSignal;
  /** Bytes of large results that are collected of a run that failed; default `partialBytesMax`. */
  readonly partialMax?: number | undefined;
}

/** The same event with all its bytes. Rejects with `lease_lost` (C1), or with the reason of the signal. */
export async function collected(
  event: SettledRun,
  source: ValueSource,
  { signal, partialMax = partialBytesMax }: Collecting,
): Promise<SettledRun> {
  const { result, error } = event;
  const whole = {
    ...event,
    ...(result === undefined ? {} : { result: await wholeResult(result, source, signal) }),
    ...(error === undefined ? {} : { error: await wholeError(error, source, { signal, partialMax }) }),
  };
  source.collected(valuesOf(event).flatMap(keptOf));
  return whole;
}

async function wholeResult({ template, inputs }: Filled, source: ValueSource, signal: AbortSignal): Promise<Filled> {
  const whole = inputs.map(async (input): Promise<Input> => {
    const { value, name } = input;
    const { parked } = value;
    if (!parked) return input;
    const pulled = await source.pullInput(input, signal, 'result').catch((problem: unknown) => {
      throw HeddleError.is(problem, 'lease_lost') ? lostValue(parked, { step: name, why: problem.detail.why, executed: 'yes' }) : problem;
    });
    return { ...input, ...pulled };
  });
  return { template, inputs: await Promise.all(whole) };
}

async function wholeError(
  error: OpaqueError,
  source: ValueSource,
  { signal, partialMax = partialBytesMax }: Collecting,
): Promise<OpaqueError> {
  const there = fitting(Object.entries(partialOf(error)), partialMax).map(async ([step, value]): Promise<readonly [string, Payload][]> => {
    return wholeValue(value, { source, step, signal }).then(
      (whole) => [[step, whole]],
      () => [],
    );
  });
  return { ...error, partial: Object.fromEntries((await Promise.all(there)).flat()) };
}

/** C2. */
function fitting(values: readonly (readonly [string, Payload])[], bytesMax: number): readonly (readonly [string, Payload])[] {
  const bytesOf = ([, value]: readonly [string, Payload]): number => keptOf(value).reduce((sum, { bytes }) => sum + bytes, 0);
  let left = bytesMax;
  const fits = new Set<string>();
  for (const one of values.toSorted((a, b) => bytesOf(a) - bytesOf(b))) {
    left -= bytesOf(one);
    if (left >= 0) fits.add(one[0]);
  }
  return values.filter(([step]) => fits.has(step));
}

/** A value with its bytes, a list with its parts. Rejects when one cannot be had. */
async function wholeValue(
  value: Payload,
  from: { readonly source: ValueSource; readonly step: string; readonly signal: AbortSignal },
): Promise<Payload> {
  const { source, step, signal } = from;
  const { parked, parts } = value;
  if (parked) return source.pull({ value, parked, step }, signal);
  if (!parts) return value;
  const pulled = await Promise.all(parts.map(async (part) => ({ ...part, value: await wholeValue(part.value, from) })));
  return listOf(value, pulled);
}

/** The list with its parts in their places. Linear in its bytes. */
function listOf(list: Payload, parts: readonly Part[]): Payload {
  const fillings = parts.map(({ at, value }) => ({ at: [at], path: [], name: '', value: decodeValue(value) }));
  return encodeValue(fill(decodeValue(list), fillings, 'result'), { bytesMax: parkedBytesMax });
}

function valuesOf({ result, error }: SettledRun): readonly Payload[] {
  return [...(result?.inputs ?? []).map(({ value }) => value), ...Object.values(partialOf(error))];
}

function partialOf(error: OpaqueError | undefined): Readonly<Record<string, Payload>> {
  // Core carries the wire form opaquely; runner and codec put nothing else there.
  return (error as WireError | undefined)?.partial ?? {};
}
