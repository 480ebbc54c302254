/**
 * Values and frames of every kind, for property tests of the wire.
 */

import fc from 'fast-check';
import type { Encoding, Filled, Parked, Payload } from '../../src/core/payload.ts';
import type { Template, WireCommand, WireReturns, WireRunEvent } from '../../src/core/workflow/record.ts';
import type { WireCause, WireError } from '../../src/wire/error.ts';
import type { CallTerms, Frame } from '../../src/wire/frame.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 });
/** UTF-16 of any kind, lone surrogates included. */
const wild = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 6 });
const key = fc
  .oneof(text, fc.constantFrom('constructor', 'toString', 'hasOwnProperty', '$date', '$literal', '$', '', 'rows'))
  .filter((word) => word !== '__proto__');
const bytes = fc.uint8Array({ maxLength: 40 });
const date = fc.date({ noInvalidDate: true });
const bigint = fc.bigInt({ min: -(1n << 300n), max: 1n << 300n });
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY));

/** Any value of the value domain. */
export const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(text, wild, number, fc.boolean(), fc.constant(null), fc.constant(undefined), bigint, date, bytes),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 3 }).map((elements) => new Set(elements)),
  ),
})).value;

/** What JSON has, and nothing else. */
export const plainValue: fc.Arbitrary<unknown> = fc
  .json({ maxDepth: 4 })
  .filter((data) => !data.includes('__proto__') && !data.includes('$'))
  // Twice: text may say -0, which is not plain.
  .map((data): unknown => JSON.parse(JSON.stringify(JSON.parse(data))));

const encoding = fc.constantFrom<Encoding>('json', 'binary', 'bytes', 'undefined');
const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const ms = fc.oneof(fc.nat(100_000), fc.maxSafeNat());
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }).filter((word) => word !== '__proto__');
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const names = fc.array(name, { maxLength: 3 });
const parked: fc.Arbitrary<Parked> = fc.record({
  server: name,
  instance: name,
  id: count,
  bytes: fc.nat(1024 ** 3),
  isRepeatable: fc.boolean(),
  isStream: fc.boolean(),
});
const small = fc.uint8Array({ maxLength: 30 });
const plainPayload = fc.record({ encoding, bytes: small });
const parkedPayload = fc.record({ encoding, bytes: fc.constant(new Uint8Array(0)), parked });
const part = fc.record({ at: fc.nat(10_000), value: fc.oneof(plainPayload, parkedPayload) });
const payload: fc.Arbitrary<Payload> = fc.oneof(
  { weight: 5, arbitrary: plainPayload },
  { weight: 1, arbitrary: parkedPayload },
  { weight: 1, arbitrary: fc.record({ encoding, bytes: small, parts: fc.array(part, { minLength: 1, maxLength: 3 }) }) },
);
const pulling = fc.record({ step: name, server: maybe(name) });
const path = fc.array(fc.oneof(text, count), { maxLength: 3 });
const filled: fc.Arbitrary<Filled> = fc.record({
  template: payload,
  inputs: fc.array(fc.record({ at: path, value: payload, path, name }), { maxLength: 2 }),
});
const some = fc.array(name, { minLength: 1, maxLength: 3 });
const need = fc.oneof(names, fc.record({ all: some, any: some, none: some, prefer: some }, { requiredKeys: ['any'] }));
const elapsedMs = fc.double({ min: 0, max: 1e9, noNaN: true });
const textMap = fc.array(fc.tuple(name, text), { minLength: 1, maxLength: 3 }).map((entries) => Object.fromEntries(entries));

const cause: fc.Arbitrary<WireCause> = fc.record({ name, message: text, cause: fc.constant(undefined) });

export const wireError: fc.Arbitrary<WireError> = fc.record({
  code: name,
  executed: fc.constantFrom('no', 'maybe', 'yes'),
  message: text,
  detail: payload,
  partial: maybe(fc.array(fc.tuple(name, payload), { minLength: 1, maxLength: 2 }).map((entries) => Object.fromEntries(entries))),
  cause: maybe(cause),
});

const template: fc.Arbitrary<Template> = fc.record({
  value: payload,
  holes: fc.array(
    fc.record({
      at: path,
      source: fc.oneof(
        fc.record({ kind: fc.constant('step' as const), step: name, path }),
        fc.record({ kind: fc.constant('input' as const), path }),
        fc.record({ kind: fc.constant('item' as const), path }),
        fc.record({ kind: fc.constant('index' as const), path }),
      ),
    }),
    { maxLength: 2 },
  ),
});

const command: fc.Arbitrary<WireCommand> = fc.record({
  name,
  function: name,
  args: template,
  need: maybe(need),
  version: maybe(name),
  after: names,
  target: maybe(name),
  timeoutMs: maybe(ms),
  fuse: maybe(fc.constant(false as const)),
  each: maybe(fc.record({ list: template, parallel: fc.integer({ min: 1, max: 256 }) })),
  attemptsMax: maybe(fc.integer({ min: 1, max: 10 })),
  compensate: maybe(
    fc.record({
      function: name,
      args: template,
      version: maybe(name),
      need: maybe(need),
      target: maybe(name),
      timeoutMs: maybe(ms),
      attemptsMax: maybe(fc.integer({ min: 1, max: 10 })),
    }),
  ),
  onFailure: maybe(
    fc.oneof(fc.constant({ kind: 'continue' as const }), fc.record({ kind: fc.constant('fallback' as const), value: payload })),
  ),
});

const returns: fc.Arbitrary<WireReturns> = fc.oneof(
  fc.constantFrom<WireReturns>({ kind: 'leaves' }, { kind: 'all' }),
  fc.record({ kind: fc.constant('steps' as const), steps: names }),
  fc.record({ kind: fc.constant('shape' as const), shape: template }),
);

const untilMs = fc.double({ noNaN: true, noDefaultInfinity: true });
const reason = fc.oneof(
  fc.record({ kind: fc.constant('input' as const), step: name }),
  fc.record({ kind: fc.constant('no_offer' as const), function: name }),
  fc.record({ kind: fc.constant('breaker' as const), untilMs }),
  fc.record({ kind: fc.constant('concurrency_full' as const), function: name }),
  fc.record({ kind: fc.constant('run_limit' as const), limit: fc.nat() }),
  fc.record({ kind: fc.constant('retry' as const), untilMs, because: text }),
  fc.record({ kind: fc.constant('deadline' as const), untilMs }),
  fc.record({ kind: fc.constant('hand_off' as const), step: name, server: name }),
  fc.record({ kind: fc.constant('lease' as const), server: name }),
);

const element = { element: maybe(fc.nat()) };
const settled = {
  step: name,
  ok: fc.boolean(),
  outcome: fc.constantFrom('done' as const, 'failed' as const, 'not_run' as const, 'maybe' as const),
  server: maybe(name),
  elapsedMs,
  bytes: maybe(count),
  error: maybe(wireError),
  usedFallback: maybe(fc.constant(true)),
};
const head = { seq: count, atMs: elapsedMs };
export const runEvent: fc.Arbitrary<WireRunEvent> = fc.oneof(
  fc.record({ ...head, kind: fc.constant('run.accepted' as const), runId: name, coordinator: name, steps: names }),
  fc.record({ ...head, kind: fc.constant('reference.looksBare' as const), step: name, text }),
  fc.record({ ...head, kind: fc.constant('step.waiting' as const), step: name, ...element, reason }),
  fc.record({ ...head, kind: fc.constant('step.started' as const), step: name, ...element, server: name, attempt: fc.nat() }),
  fc.record({ ...head, kind: fc.constant('step.progress' as const), step: name, ...element, value: payload }),
  fc.record({ ...head, kind: fc.constant('step.settled' as const), ...settled }),
  fc.record({ ...head, kind: fc.constant('step.opened' as const), step: name, elements: fc.nat() }),
  fc.record({ ...head, kind: fc.constant('element.settled' as const), element: fc.nat(), ...settled }),
  fc.record({ ...head, kind: fc.constant('compensation.waiting' as const), step: name, ...element, reason }),
  fc.record({ ...head, kind: fc.constant('compensation.started' as const), step: name, ...element, server: name, attempt: fc.nat() }),
  fc.record({
    ...head,
    kind: fc.constant('compensation.settled' as const),
    step: name,
    ...element,
    ok: fc.boolean(),
    server: maybe(name),
    attempts: fc.nat(),
    elapsedMs,
    error: maybe(wireError),
  }),
  fc.record({
    ...head,
    kind: fc.constant('run.settled' as const),
    ok: fc.boolean(),
    elapsedMs,
    result: maybe(filled),
    error: maybe(wireError),
  }),
);

const id = fc.nat(1_000_000).map((number) => number + 1);

const shortKey = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const terms: fc.Arbitrary<CallTerms> = fc.record({
  priority: maybe(fc.constantFrom('batch', 'critical')),
  key: maybe(shortKey),
  waitMs: maybe(ms),
  idempotencyKey: maybe(shortKey),
  attemptsMax: maybe(fc.integer({ min: 1, max: 100 })),
  hedge: maybe(fc.constant(true)),
});

/** What a decoder does not make: terms that say nothing. */
function isSaying(some: CallTerms): boolean {
  return Object.values(some).some((term) => term !== undefined);
}

const usual = { isAgain: false, via: undefined, isStream: false, credit: 0, hasStreamInput: false, lost: 0 };
const circumstances = fc.oneof(
  fc.constant(usual),
  fc.record({
    isAgain: fc.constant(true),
    via: maybe(fc.array(shortKey, { minLength: 1, maxLength: 8 })),
    isStream: fc.boolean(),
    credit: count,
    hasStreamInput: fc.boolean(),
    lost: fc.integer({ min: 0, max: 3 }),
    runners: maybe(fc.array(shortKey, { minLength: 1, maxLength: 8 })),
  }),
);

const wireTrace = fc.record({ traceparent: name, tracestate: maybe(name) });

const plainCall = fc.record({
  kind: fc.constant('call' as const),
  id,
  callNumber: count,
  caller: maybe(name),
  callerName: maybe(name),
  function: name,
  version: maybe(name),
  isDirect: fc.boolean(),
  effect: maybe(fc.constantFrom('pure', 'idempotent', 'once')),
  need: maybe(need),
  target: maybe(name),
  timeoutMs: ms,
  attempt: fc.nat(),
  paid: fc.nat(),
  meta: maybe(textMap),
  isJsonOnly: fc.boolean(),
  wantsProgress: fc.boolean(),
  round: fc.nat(),
  acked: count,
  terms: maybe(terms.filter(isSaying)),
  parkMs: maybe(fc.integer({ min: 1, max: 60_000 })),
  onBehalfOf: maybe(fc.constantFrom('token:alice', 'certificate:bob', 'anonymous')),
  parkOverBytes: maybe(fc.integer({ min: 1, max: 65_536 })),
  trace: maybe(wireTrace),
  args: filled,
});
const call = fc.tuple(plainCall, circumstances).map(([plain, more]) => ({ ...plain, ...more }));

const reply = fc.record({
  kind: fc.constant('reply' as const),
  id,
  outcome: fc.oneof(
    fc.record({ ok: fc.constant(true as const), value: payload }),
    fc.record({ ok: fc.constant(false as const), error: wireError }),
  ),
  freeSlots: maybe(fc.nat()),
  server: maybe(name),
  serverMicros: maybe(count),
});

const submit = fc.record({
  kind: fc.constant('submit' as const),
  id,
  runId: maybe(name),
  name: maybe(name),
  commands: fc.array(command, { maxLength: 3 }),
  returns,
  input: maybe(payload),
  timeoutMs: maybe(ms),
  isDetached: fc.boolean(),
  looksBare: fc.array(fc.record({ step: name, text }), { maxLength: 2 }),
  trace: maybe(wireTrace),
});

const group = fc.record({
  kind: fc.constant('group' as const),
  calls: fc.array(
    fc.record({
      call,
      step: name,
      awaits: fc.array(fc.record({ callNumber: count, at: path, path }), { maxLength: 3 }),
      ownTimeoutMs: ms,
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** Any frame, in the form in which a decoder gives it back. */
export const frame: fc.Arbitrary<Frame> = fc.oneof(
  call,
  reply,
  submit,
  fc.record({ kind: fc.constant('cancel' as const), id, reason: text, hasLeft: fc.boolean() }),
  fc.record({ kind: fc.constant('progress' as const), id, value: payload }),
  pulling.map((what) => ({
    kind: 'progress' as const,
    id: 5,
    value: { encoding: 'undefined' as const, bytes: new Uint8Array(0) },
    pulling: what,
  })),
  fc.record(
    {
      kind: fc.constant('pull' as const),
      id,
      parked,
      credit: count,
      path: fc.array(fc.oneof(text, count), { minLength: 1, maxLength: 3 }),
      listBytes: fc.integer({ min: 1, max: 1_000 }),
    },
    { requiredKeys: ['kind', 'id', 'parked', 'credit'] },
  ),
  fc.record({
    kind: fc.constant('lease' as const),
    renewed: fc.array(count, { maxLength: 4 }),
    forMs: ms,
    released: fc.array(count, { maxLength: 4 }),
    server: maybe(name),
    instance: maybe(name),
  }),
  fc.record({
    kind: fc.constant('query' as const),
    id,
    about: fc.constantFrom('members' as const, 'catalog' as const, 9),
    argument: maybe(payload),
  }),
  fc.record({ kind: fc.constant('attach' as const), id, runId: name, fromSequence: count }),
  fc.record({ kind: fc.constant('cancelRun' as const), id, runId: name, reason: text }),
  fc.record({ kind: fc.constant('runEvent' as const), id, event: runEvent }),
  fc.record({ kind: fc.constant('servers' as const), addresses: names, isMoving: fc.boolean() }),
  fc.record({ kind: fc.constant('mesh' as const), message: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ kind: fc.constant('item' as const), id, value: payload, isFromOpener: fc.boolean() }),
  fc.record({ kind: fc.constant('credit' as const), id, bytes: count, isFromOpener: fc.boolean() }),
  fc.record({ kind: fc.constant('end' as const), id, error: maybe(wireError) }),
  fc.record({ kind: fc.constant('outcome' as const), id, caller: name, callNumber: count, round: fc.nat(), timeoutMs: ms }),
  fc.record({ kind: fc.constant('standing' as const), id, state: fc.constantFrom('done', 'running', 'never', 'forgotten') }),
  fc.record({ kind: fc.constant('watch' as const), id, about: fc.constantFrom('catalog' as const, 'run' as const, 9), runId: maybe(name) }),
  fc.record({ kind: fc.constant('drain' as const), id, server: name }),
  group,
);
