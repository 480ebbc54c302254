/**
 * One handler, run here as a server would run it: arguments and result pass through the encoding and the schemas, and
 * what is thrown is what a caller would see. No fabric, no admission, no deadline.
 */

import { delay, systemClock } from '../../base/clock.ts';
import { isObject } from '../../base/objects.ts';
import { systemRandom } from '../../base/random.ts';
import { type HeddleFunction, type Is, wrongKind } from '../../core/function.ts';
import { checkKeys, typeName } from '../../core/workflow/fields.ts';
import { HeddleError } from '../../errors.ts';
import { decodeValue, encodeArguments } from '../../wire/value.ts';
import { argumentError } from '../../wire/value-problem.ts';
import type { Context } from '../api/api.ts';
import { type Definition, definitionOf } from '../api/define.ts';
import { checkResult, readArguments, writeResult } from '../call/call-values.ts';
import { thrownVerdict } from '../link/verdicts.ts';

/** What `ctx.remainingMs()` gives unless the test says otherwise. */
const remainingMsDefault = 30_000;

/**
 * Runs the handler of a definition and resolves to what a caller would get. Rejects with the HeddleError that a caller
 * would see (`bad_argument`, `too_large`, `function_failed`, `bad_result`); what the handler threw is its cause. `ctx`
 * replaces parts of the context; `ctx.call` answers nested calls, which fail otherwise.
 */
export async function invoke<A extends readonly unknown[], R>(
  fn: HeddleFunction<A, R>,
  args: Readonly<Is<A>>,
  ctx: Partial<Context> = {},
): Promise<Is<R>> {
  const definition = definitionOf(fn);
  if (!definition) {
    throw new HeddleError('bad_argument', { path: ['invoke', 0], expected: 'what defineFunction gave', found: typeName(fn) });
  }
  if (definition.kind === 'stream') throw wrongKind(definition.name, 'call');
  const result = await run(definition, await received(args, definition), contextOf(ctx));
  const checked = await checkResult(result, definition);
  // The definition's own types say what its handler returns, and the round trip keeps it (wire/value.ts, V1).
  return decodeValue(writeResult(checked, false)) as Is<R>;
}

function received(args: unknown, definition: Definition): readonly unknown[] | Promise<readonly unknown[]> {
  if (!Array.isArray(args)) {
    throw new HeddleError('bad_argument', { path: ['args'], expected: 'the arguments as one array', found: typeName(args) });
  }
  try {
    return readArguments({ template: encodeArguments(args), inputs: [] }, definition);
  } catch (problem) {
    throw argumentError(problem);
  }
}

async function run({ handler }: Definition, args: readonly unknown[], ctx: Context): Promise<unknown> {
  try {
    return await handler(ctx, ...args);
  } catch (thrown) {
    throw thrownVerdict(thrown, args);
  }
}

function contextOf(given: Partial<Context>): Context {
  const base = baseContext(given.signal ?? new AbortController().signal);
  checkKeys(given, { names: Object.keys(base), what: 'context member' }, (message) => {
    throw new HeddleError('bad_argument', { path: ['ctx'], expected: 'parts of a Context', found: message });
  });
  return { ...base, ...given };
}

function baseContext(signal: AbortSignal): Context {
  const random = systemRandom();
  return {
    signal,
    callId: 'invoke:1',
    attempt: 1,
    idempotencyKey: 'invoke:1',
    server: 'invoke',
    caller: 'invoke',
    meta: Object.freeze({}),
    remainingMs: () => remainingMsDefault,
    call: noFabric,
    stream: noStream,
    progress: () => {},
    log: () => {},
    now: () => systemClock.wallMs(),
    sleep: async (ms) => {
      await delay(systemClock, ms, signal);
      signal.throwIfAborted();
    },
    random: () => random.next(),
  };
}

function noStream(fn: unknown): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => noFabric(fn) }) };
}

/** Whatever is called, nobody offers it here. */
function noFabric(fn: unknown): Promise<never> {
  const name = isObject(fn) && 'name' in fn ? String(fn.name) : String(fn);
  return Promise.reject(new HeddleError('no_such_function', { function: name, nearest: [] }));
}
