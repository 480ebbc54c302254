/**
 * What goes into a handler and what comes out of it: the values of one call, between their payloads and the function.
 *
 * V1 every failure is a HeddleError that says what one call can say of it: arguments `bad_argument` or `too_large`,
 *    results `bad_result`.
 * V2 without asynchronous schemas no promise is made.
 */

import type { Input, Payload } from '../../core/payload.ts';
import { type Filling, fill } from '../../core/workflow/fill.ts';
import { HeddleError } from '../../errors.ts';
import { parkedBytesMax } from '../../wire/common-messages.ts';
import { decodeArguments, decodeValue, type EncodeOptions, encodeValue } from '../../wire/value.ts';
import { argumentError, resultError } from '../../wire/value-problem.ts';
import type { Definition } from '../api/define.ts';
import { validateArguments, validateResult } from '../api/validation.ts';
import type { WholeArguments } from '../hand-off/pulled-stream.ts';

/** Arguments of one call; more would not fit on the stack. */
export const argumentsMax = 10_000;

const plainEncoding: EncodeOptions = {};
const jsonEncoding: EncodeOptions = { isJsonOnly: true };

/**
 * The arguments as the handler gets them: decoded, holes filled, validated; `last`, where there is one, follows them.
 * Throws or rejects with a HeddleError.
 */
export function readArguments(
  filled: WholeArguments,
  definition: Definition,
  last?: unknown,
): readonly unknown[] | Promise<readonly unknown[]> {
  const args = last === undefined ? decoded(filled) : [...decoded(filled), last];
  if (args.length > argumentsMax) {
    throw new HeddleError('bad_argument', { path: ['args'], expected: `at most ${argumentsMax} arguments`, found: `${args.length}` });
  }
  return definition.input === undefined ? args : validateArguments(definition.input, args);
}

/** The result as the caller gets it, not encoded yet. Throws or rejects with `bad_result`. */
export function checkResult(value: unknown, definition: Definition): unknown {
  return definition.output === undefined ? value : validateResult(definition.output, value);
}

/** The result, encoded. `staysHere`: it may be as large as what is pulled. Throws `bad_result`. */
export function writeResult(value: unknown, isJsonOnly: boolean, staysHere = false): Payload {
  try {
    if (staysHere) return encodeValue(value, { isJsonOnly, bytesMax: parkedBytesMax });
    return encodeValue(value, isJsonOnly ? jsonEncoding : plainEncoding);
  } catch (problem) {
    throw HeddleError.is(problem) ? problem : unreadable(resultError(problem));
  }
}

function decoded({ template, inputs, streams }: WholeArguments): readonly unknown[] {
  try {
    const args = decodeArguments(template);
    if (inputs.length > 0)
      fill(
        args,
        inputs.map((input) => filling(input, streams?.get(input))),
      );
    return args;
  } catch (problem) {
    throw argumentError(problem);
  }
}

/** Each hole gets a value of its own: two holes of one payload share nothing that a handler could change. */
function filling({ at, value, path, name }: Input, stream: object | undefined): Filling {
  return { at, value: stream ?? decodeValue(value), path, name };
}

/** A getter or a proxy of the result threw something of its own while it was read. */
function unreadable(problem: unknown): unknown {
  if (HeddleError.is(problem)) return problem;
  const name = problem instanceof Error ? problem.name : typeof problem;
  return new HeddleError(
    'bad_result',
    { path: [], expected: 'a value that can be read', found: `one that threw ${name}` },
    { cause: problem },
  );
}
