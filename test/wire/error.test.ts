import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, type ErrorDetails, errorTable, HeddleError } from '../../src/errors.ts';
import { fromWireError, toWireError, type WireError } from '../../src/wire/error.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frame-codec.ts';
import { decodeValue, encodeValue } from '../../src/wire/value.ts';
import { plainValue, wireError } from './arbitraries.ts';

const run = { partial: { a: [1, new Date(0)], b: undefined }, steps: { a: 'done', b: 'done', c: 'failed' } } as const;
const refusals = [{ server: 'gpu-1', why: 'draining' }];

const details: { readonly [C in ErrorCode]: ErrorDetails[C] } = {
  bad_argument: { path: [0, 'rows'], expected: 'a list', found: 'a string' },
  bad_workflow: { problems: [{ command: 'a', message: 'it depends on itself' }] },
  too_large: { what: 'the argument list', limit: 5 },
  no_such_function: { function: 'resize', nearest: ['resise'] },
  no_matching_offer: { function: 'resize', wanted: 'gpu', offers: refusals },
  no_route: { function: 'resize', offers: refusals },
  unreachable: { address: '127.0.0.1:1', evidence: 'refused' },
  connection_lost: { server: 'gpu-1' },
  overloaded: { function: 'resize', server: 'gpu-1', retryAfterMs: 20 },
  draining: { server: 'gpu-1' },
  not_offered_here: { function: 'resize', version: '1.0.0', server: 'gpu-1' },
  deadline_exceeded: { timeoutMs: 100, ...run },
  cancelled: { reason: 'enough' },
  function_failed: { name: 'TypeError', message: 'no', data: { at: new Date(5) }, retryable: true },
  bad_result: { path: ['a'], expected: 'JSON', found: 'a function' },
  step_failed: { step: 'c', ...run },
  upstream_failed: { step: 'd', upstream: 'c' },
  coordinator_lost: { runId: 'r1', partial: {}, steps: {} },
  unknown_run: { runId: 'r1' },
  lease_lost: { step: 'a', server: 's', why: 'it is gone', value: 'i/1' },
  version_mismatch: { ours: '1', theirs: '2' },
  cluster_mismatch: { ours: 'a', theirs: 'b' },
  name_taken: { name: 'gpu-1', address: '127.0.0.1:1' },
  protocol_error: { problem: 'a frame is cut off' },
  forbidden: { who: 'alice', may: 'call', name: 'image.resize', server: 'gpu-1', why: 'no rule allows it' },
  unauthenticated: { server: '10.0.0.5:7420', reason: 'untrusted', why: 'issued by somebody else' },
  bad_settings: { problems: [{ file: 'settings.toml', line: 3, key: 'port', message: 'no' }] },
  closed: { what: 'the client' },
};

/** Through a reply's bytes and back, as a caller sees it. */
function travel(error: HeddleError, isJsonOnly = false): HeddleError {
  const bytes = encodeFrame({ kind: 'reply', id: 1, outcome: { ok: false, error: toWireError(error, { isJsonOnly }) } });
  const reply = decodeFrame(bytes);
  if (reply.kind !== 'reply' || reply.outcome.ok) throw new Error('not an error');
  return fromWireError(reply.outcome.error);
}

function make<C extends ErrorCode>(code: C, options?: { cause: unknown }): HeddleError {
  // The union of all codes: which one it is, `code` says.
  return new HeddleError(code, details[code], options) as HeddleError;
}

function wire(code: string, detail: unknown, more: Partial<WireError> = {}): WireError {
  return { code, executed: 'no', message: 'words', detail: encodeValue(detail), ...more };
}

describe('an error on the wire', () => {
  it.each(Object.keys(errorTable) as ErrorCode[])('%s arrives whole (W1)', (code) => {
    const sent = make(code);
    const got = travel(sent);
    expect(got.code).toBe(code);
    expect(got.executed).toBe(sent.executed);
    expect(got.detail).toEqual(sent.detail);
    expect(got.message).toBe(sent.message);
  });

  it('arrives for a reader of JSON only in JSON only', () => {
    const sent = toWireError(make('step_failed'), { isJsonOnly: true });
    expect([sent.detail.encoding, ...Object.values(sent.partial ?? {}).map((value) => value.encoding)]).toEqual(['json', 'json', 'json']);
    expect(travel(make('function_failed'), true).detail).toEqual(details.function_failed);
  });

  it('keeps its causes, of our own kind and of others', () => {
    const socket = new Error('read ECONNRESET');
    const got = travel(make('no_route', { cause: make('connection_lost', { cause: socket }) }));
    expect(got.cause).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect((got.cause as Error).cause).toMatchObject({ name: 'Error', message: 'read ECONNRESET' });
  });

  it('has no stack of whoever reads it', () => {
    expect(travel(make('overloaded')).stack).toBe(`HeddleError: ${make('overloaded').message}`);
  });

  it('leaves stack traces where they arose', () => {
    const sent = make('function_failed', { cause: new Error('inner') });
    const bytes = encodeFrame({ kind: 'reply', id: 1, outcome: { ok: false, error: toWireError(sent) } });
    expect(Buffer.from(bytes).toString('latin1')).not.toContain('.test.ts');
  });

  it('has at most eight causes, even of an error that causes itself', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    let count = 0;
    for (let at: unknown = travel(make('closed', { cause: loop })).cause; at instanceof Error; at = at.cause) count += 1;
    expect(count).toBe(8);
  });

  it('travels with what can be sent when a part of its detail cannot (W4)', () => {
    const sent = new HeddleError('function_failed', {
      name: 'Boom',
      message: 'x'.repeat(100_000),
      data: { run: () => 1 },
      retryable: true,
    });
    const got = travel(sent);
    expect(got.detail).toMatchObject({ name: 'Boom', data: expect.stringContaining('a function'), retryable: true });
    expect(got.message.length).toBeLessThan(20_000);
  });

  it('says an aborting reason that is an Error by its message', () => {
    expect(travel(new HeddleError('cancelled', { reason: new Error('closing time') })).detail).toEqual({ reason: 'closing time' });
  });

  it('takes partial results that are payloads already', () => {
    const partial = { a: encodeValue(new Date(7)) };
    expect(fromWireError(toWireError(make('step_failed'), { partial })).detail).toMatchObject({ partial: { a: new Date(7) } });
  });
});

describe('an error from another version', () => {
  it('with a code that is not known is function_failed when the function ran (W3)', () => {
    const got = fromWireError(wire('quota_used_up', { of: 'gpu' }, { executed: 'yes' }));
    expect(got).toMatchObject({ code: 'function_failed', executed: 'yes', detail: { name: 'quota_used_up', message: 'words' } });
  });

  it.each(['no', 'maybe'] as const)('with a code that is not known is protocol_error, executed %s (W2, W3)', (executed) => {
    const got = fromWireError(wire('quota_used_up', {}, { executed }));
    expect(got).toMatchObject({ code: 'protocol_error', executed });
    expect(got.message).toContain('quota_used_up');
  });

  it('may have further fields in its detail', () => {
    expect(fromWireError(wire('closed', { what: 'the client', since: 5 }))).toMatchObject({
      code: 'closed',
      detail: { what: 'the client' },
    });
  });

  it.each(['constructor', 'toString', '__proto__', ''])('with the code %j is no code of the table', (code) => {
    expect(fromWireError(wire(code, {})).code).toBe('protocol_error');
  });

  it.each([undefined, null, [], 'x', {}, { what: 5 }])('with the detail %j of a known code is protocol_error', (detail) => {
    expect(fromWireError(wire('closed', detail)).code).toBe('protocol_error');
  });

  it('never says less than the row of its code (W2)', () => {
    expect(fromWireError(wire('function_failed', { name: 'x', message: 'y' }, { executed: 'no' })).executed).toBe('yes');
    expect(fromWireError(wire('draining', { server: 'a' }, { executed: 'yes' })).executed).toBe('yes');
  });

  it('gives some HeddleError whatever it is, and never throws (W4)', () => {
    fc.assert(
      fc.property(wireError, fc.constantFrom('any', ...Object.keys(errorTable)), plainValue, (error, code, detail) => {
        const got = fromWireError({ ...error, code: code === 'any' ? error.code : code, detail: encodeValue(detail) });
        expect(HeddleError.is(got)).toBe(true);
        expect(HeddleError.is(fromWireError(error))).toBe(true);
        expect(decodeValue(toWireError(got).detail)).toBeDefined();
      }),
    );
  });
});
