/**
 * Why a value could not be encoded or decoded, and its translation into the error table. Whether it is the
 * caller's argument, the function's result or a peer's doing, only the caller of the codec knows.
 */

import type { Path } from '../core/payload.ts';
import type { HeddleErrorOf } from '../errors.ts';
import { HeddleError } from '../errors.ts';

/** Thrown by wire/value.ts. `found` names types, never values. */
export class ValueProblem extends Error {
  override readonly name = 'ValueProblem';
  readonly path: Path;
  readonly expected: string;
  readonly found: string;
  #limitBytes: number | undefined;

  constructor(path: Path, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.path = path;
    this.expected = expected;
    this.found = found;
  }

  /** A value whose encoding would be over the limit. */
  static tooLarge(path: Path, limitBytes: number): ValueProblem {
    const problem = new ValueProblem(path, `at most ${limitBytes} bytes`, 'more');
    problem.#limitBytes = limitBytes;
    return problem;
  }

  /** Set when the value is over a limit of size: the limit. */
  get limitBytes(): number | undefined {
    return this.#limitBytes;
  }
}

/** The problem of an argument: `too_large` or `bad_argument`. Anything but a ValueProblem is given back as it is. */
export function argumentError(problem: unknown, what = 'the argument list'): unknown {
  if (!(problem instanceof ValueProblem)) return problem;
  if (problem.limitBytes !== undefined) return new HeddleError('too_large', { what, limit: problem.limitBytes });
  return new HeddleError('bad_argument', { path: problem.path, expected: problem.expected, found: problem.found });
}

/** The problem of a result: `bad_result`. Anything but a ValueProblem is given back as it is. */
export function resultError(problem: unknown): unknown {
  if (!(problem instanceof ValueProblem)) return problem;
  return new HeddleError('bad_result', { path: problem.path, expected: problem.expected, found: problem.found });
}

/** The problem of a value that a peer encoded: `protocol_error`. Anything but a ValueProblem is given back as it is. */
export function peerValueError(problem: unknown): unknown {
  if (!(problem instanceof ValueProblem)) return problem;
  return protocolError(`a value cannot be read: ${problem.message}`);
}

/** What a peer sent is not what the protocol allows. */
export function protocolError(text: string): HeddleErrorOf<'protocol_error'> {
  return new HeddleError('protocol_error', { problem: text });
}
