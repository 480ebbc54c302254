/**
 * What the detail of each error code looks like, for details that come from a peer. Follows `ErrorDetails` in errors.ts:
 * a code without a row does not compile.
 */

import { isRecord } from '../base/objects.ts';
import type { ErrorCode, ErrorDetails } from '../errors.ts';

/** `list` and `object` say nothing of what is inside; `path` is a list of texts and numbers, `refusals` one of objects. */
type Kind = 'string' | 'number' | 'path' | 'texts' | 'problems' | 'refusals' | 'outcomes' | 'object' | 'any' | 'boolean';
type Shape<D> = { readonly [K in keyof D]-?: undefined extends D[K] ? `${Kind}?` : Kind };

const value = { path: 'path', expected: 'string', found: 'string' } as const;
const undone = { compensated: 'outcomes?' } as const;
const remains = { partial: 'object?', steps: 'outcomes?', ...undone } as const;
const ofStream = { lastItem: 'number?' } as const;
const versions = { ours: 'string', theirs: 'string' } as const;
const problems = { problems: 'problems' } as const;

const shapes: { readonly [C in ErrorCode]: Shape<ErrorDetails[C]> } = {
  bad_argument: value,
  bad_workflow: problems,
  too_large: { what: 'string', limit: 'number', found: 'number?' },
  no_such_function: { function: 'string', nearest: 'texts' },
  no_matching_offer: { function: 'string', wanted: 'string', offers: 'refusals' },
  no_route: { function: 'string', offers: 'refusals' },
  unreachable: { address: 'string', evidence: 'string' },
  connection_lost: { server: 'string', ...ofStream },
  overloaded: { function: 'string', server: 'string', retryAfterMs: 'number' },
  draining: { server: 'string' },
  not_offered_here: { function: 'string', version: 'string', server: 'string' },
  deadline_exceeded: { timeoutMs: 'number', ...remains, ...ofStream },
  cancelled: { reason: 'any?', ...remains, ...ofStream },
  function_failed: {
    name: 'string',
    message: 'string',
    data: 'any?',
    retryable: 'boolean?',
    cause: 'any?',
    argumentTypes: 'texts?',
    ...ofStream,
  },
  bad_result: { ...value, ...ofStream },
  step_failed: { step: 'string', element: 'number?', partial: 'object', steps: 'outcomes', ...undone },
  upstream_failed: { step: 'string', upstream: 'string' },
  coordinator_lost: { runId: 'string', partial: 'object', steps: 'outcomes', ...undone },
  unknown_run: { runId: 'string' },
  lease_lost: { step: 'string', server: 'string', why: 'string', value: 'string', mayRunAgain: 'boolean?' },
  version_mismatch: versions,
  cluster_mismatch: versions,
  name_taken: { name: 'string', address: 'string' },
  protocol_error: { problem: 'string', ...ofStream },
  unauthenticated: { server: 'string', reason: 'string', why: 'string', byUs: 'boolean?' },
  forbidden: { who: 'string', may: 'string', name: 'string', server: 'string', why: 'string' },
  bad_settings: problems,
  closed: { what: 'string', ...ofStream },
};

/** Whether `detail` has the fields that `code` promises; more fields (of a newer peer) do no harm. */
export function isDetailOf(code: ErrorCode, detail: unknown): boolean {
  if (!isRecord(detail)) return false;
  // A row has only kinds as values.
  return Object.entries(shapes[code] as Readonly<Record<string, string>>).every(([field, kind]) => isOf(kind, detail[field]));
}

/** Whether the detail of `code` always has `partial`, which an empty record of results does not show on the wire. */
export function hasPartial(code: ErrorCode): boolean {
  return 'partial' in shapes[code] && shapes[code].partial === 'object';
}

function isOf(kind: string, value: unknown): boolean {
  if (kind.endsWith('?')) return value === undefined || isOf(kind.slice(0, -1), value);
  switch (kind) {
    case 'any':
      return true;
    case 'path':
      return Array.isArray(value) && value.every((part) => typeof part === 'string' || typeof part === 'number');
    case 'texts':
      return isListOf(value, (text) => typeof text === 'string');
    case 'refusals':
      return isListOf(value, (refusal) => isRecord(refusal) && typeof refusal['server'] === 'string' && typeof refusal['why'] === 'string');
    case 'problems':
      return isListOf(value, (problem) => isRecord(problem) && typeof problem['message'] === 'string');
    case 'outcomes':
      return isRecord(value) && Object.values(value).every((outcome) => typeof outcome === 'string');
    case 'object':
      return isRecord(value);
    default:
      return typeof value === kind;
  }
}

function isListOf(value: unknown, isElement: (element: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isElement);
}
