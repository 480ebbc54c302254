import { inspect } from 'node:util';
import { expect, expectTypeOf, test } from 'vitest';
import { type ErrorCode, type ErrorDetails, errorTable, fromThrown, HeddleError, type HeddleErrorOf, strongest } from '../src/errors.ts';

const steps = { a: 'done', b: 'failed' } as const;

/** One detail a code: the compiler asks for a new row here when the table gets one. */
const details: { readonly [C in ErrorCode]: ErrorDetails[C] } = {
  bad_argument: { path: ['args', 0, 'rows', 3], expected: 'a number', found: 'a string' },
  bad_workflow: { problems: [{ command: 'b', message: 'refers to "c", which is not a command' }, { message: 'is empty' }] },
  too_large: { what: 'the arguments', limit: 10, found: 12 },
  no_such_function: { function: 'ad', nearest: ['add'] },
  no_matching_offer: { function: 'add', wanted: '^2', offers: [{ server: 'a', why: 'version 1.0.0' }] },
  no_route: { function: 'add', offers: [{ server: 'a', why: 'breaker open' }] },
  unreachable: { address: '127.0.0.1:1', evidence: 'ECONNREFUSED' },
  connection_lost: { server: 'a' },
  overloaded: { function: 'add', server: 'a', retryAfterMs: 20 },
  draining: { server: 'a' },
  not_offered_here: { function: 'add', version: '1.0.0', server: 'a' },
  deadline_exceeded: { timeoutMs: 499.6 },
  cancelled: { reason: new Error('enough') },
  function_failed: { name: 'RangeError', message: 'too far' },
  bad_result: { path: ['when'], expected: 'a value that can travel', found: 'a function' },
  step_failed: { step: 'b', partial: {}, steps },
  upstream_failed: { step: 'c', upstream: 'b' },
  coordinator_lost: { runId: 'r', partial: {}, steps },
  unknown_run: { runId: 'r' },
  lease_lost: { step: 'a', server: 's', why: 'it is gone', value: 'i/1' },
  version_mismatch: { ours: '1-2', theirs: '3' },
  cluster_mismatch: { ours: 'a', theirs: 'b' },
  name_taken: { name: 'a', address: '127.0.0.1:1' },
  protocol_error: { problem: 'a frame of unknown kind' },
  forbidden: { who: 'alice', may: 'call', name: 'image.resize', server: 'gpu-1', why: 'no rule allows it' },
  unauthenticated: { server: '10.0.0.5:7420', reason: 'expired', why: 'the certificate of "a" ended yesterday: issue another' },
  bad_settings: { problems: [{ file: 'settings.toml', line: 3, key: 'server.prot', message: 'unknown; did you mean "port"?' }] },
  closed: { what: 'the client' },
};
const codes = Object.keys(errorTable) as ErrorCode[];
const made = <C extends ErrorCode>(code: C): HeddleErrorOf<C> => new HeddleError(code, details[code]);

test.each(codes)('%s: its row, its message and its default of executed fit together', (code) => {
  const error = made(code);
  expect(error).toMatchObject({ name: 'HeddleError', code, detail: details[code], executed: errorTable[code].executed[0] });
  expect(error.message).not.toMatch(/undefined|\[object/);
  expect(error.message.length).toBeGreaterThan(5);
  expect(errorTable[code].meaning).not.toMatch(/^[A-Z]|\.$/);
});

test('every code has a row, and every row a detail here', () => {
  expect(Object.keys(details).sort()).toEqual([...codes].sort());
});

test('E2: what may have run is retried only if it is safe, or the error itself says so', () => {
  for (const [code, row] of Object.entries(errorTable)) {
    const mayHaveRun = row.executed.some((executed) => executed !== 'no');
    if (mayHaveRun && code !== 'no_route') expect(['never', 'safe', 'retryable']).toContain(row.retry);
  }
});

test('E3: messages say what was wanted and found', () => {
  expect(made('bad_argument').message).toBe('args[0].rows[3]: expected a number, found a string');
  expect(made('no_such_function').message).toBe('no server offers "ad"; the nearest names are "add"');
  expect(made('deadline_exceeded').message).toBe('the deadline of 500 ms has passed');
  expect(made('cancelled').message).toBe('cancelled: enough');
  expect(made('bad_settings').message).toBe('the settings cannot be used: settings.toml:3: server.prot: unknown; did you mean "port"?');
  expect(made('bad_workflow').message).toContain('\n  - command "b": refers to "c"');
});

test('the reason of a cancel may be anything, also what throws when it is read', () => {
  const hostile = {
    toString: () => {
      throw new Error('no');
    },
  };
  expect(new HeddleError('cancelled', { reason: hostile }).message).toBe('cancelled: something of type object');
  expect(new HeddleError('cancelled', { reason: Symbol('x') }).message).toBe('cancelled: Symbol(x)');
  expect(new HeddleError('cancelled', {}).message).toBe('cancelled');
});

test('E1: executed is what the row allows, and the first of it unless said', () => {
  expect(new HeddleError('cancelled', {}, { executed: 'yes' }).executed).toBe('yes');
  expect(new HeddleError('cancelled', {}).executed).toBe('maybe');
  // @ts-expect-error a lost connection can never say that it ran
  new HeddleError('connection_lost', { server: 'a' }, { executed: 'yes' });
  // @ts-expect-error a detail belongs to its code
  new HeddleError('closed', { server: 'a' });
});

test('E1: of two attempts the stronger statement counts', () => {
  const all = ['no', 'maybe', 'yes'] as const;
  const rank = { no: 0, maybe: 1, yes: 2 };
  for (const a of all) for (const b of all) expect(rank[strongest(a, b)]).toBe(Math.max(rank[a], rank[b]));
});

test('is and instanceof narrow, also for an error of another copy of the package', () => {
  const error: unknown = made('closed');
  const other = Object.assign(new Error('x'), { [Symbol.for('heddle.error')]: true, code: 'closed' });
  expect(error instanceof HeddleError && HeddleError.is(error)).toBe(true);
  expect(other instanceof HeddleError && HeddleError.is(other, 'closed')).toBe(true);
  expect(HeddleError.is(error, 'no_route', 'closed')).toBe(true);
  expect(HeddleError.is(error, 'no_route')).toBe(false);
  for (const value of [new Error('x'), null, undefined, 'closed', { code: 'closed' }]) expect(HeddleError.is(value)).toBe(false);
  if (HeddleError.is(error, 'unreachable')) expectTypeOf(error.detail.address).toEqualTypeOf<string>();
  if (error instanceof HeddleError && error.code === 'function_failed') expectTypeOf(error.executed).toEqualTypeOf<'yes'>();
});

test('of what a handler throws, name, message, data and retryable travel', () => {
  const thrown = Object.assign(new RangeError('too far'), { data: { at: 3 }, retryable: true, secret: 1 });
  const error = fromThrown(thrown);
  expect(error).toMatchObject({ code: 'function_failed', executed: 'yes' });
  expect(error.detail).toEqual({ name: 'RangeError', message: 'too far', data: { at: 3 }, retryable: true });
  expect(error.cause).toBe(thrown);
});

test('a HeddleError that a handler throws arrives as the cause', () => {
  const { detail } = fromThrown(made('no_route'));
  expect(detail).toMatchObject({ name: 'HeddleError', cause: { code: 'no_route', detail: details.no_route } });
});

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const getterError = Object.defineProperty(new Error('x'), 'message', {
  get: () => {
    throw new Error('no');
  },
});

test.each([
  ['undefined', undefined],
  ['null', null],
  ['a string', 'oops, password'],
  ['a number', 7],
  ['a symbol', Symbol('x')],
  ['a plain object', { message: 'like an error' }],
  ['an object without a prototype', Object.create(null)],
  ['a revoked proxy', revoked.proxy],
  ['an error whose message throws', getterError],
  ['an error whose name is a number', Object.assign(new Error('x'), { name: 5 })],
])('fault 35: whatever is thrown gives one typed error: %s', (_, thrown) => {
  const error = fromThrown(thrown);
  expect(error).toMatchObject({ code: 'function_failed', executed: 'yes' });
  expect(typeof error.detail.name).toBe('string');
  expect(typeof error.detail.message).toBe('string');
  expect(error.message).not.toContain('password');
});

test('is printed under its own name, with what a user looks for and nothing else', () => {
  const printed = inspect(made('draining')).split('\n');
  expect(printed[0]).toBe(`HeddleError: ${made('draining').message}`);
  expect(printed.slice(-4)).toEqual(["  code: 'draining',", "  executed: 'no',", "  detail: { server: 'a' }", '}']);
});
