/** Options of calls, clients and servers: what is refused, and how it says so. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { HeddleError } from '../../src/errors.ts';
import { parseAddress } from '../../src/fabric/api/addresses.ts';
import { checkCallOptions, metaBytesMax } from '../../src/fabric/call/call-options.ts';
import { resolveServerOptions } from '../../src/fabric/server/server-options.ts';
import { keyBytesMax } from '../../src/wire/call-terms.ts';

const random = seededRandom('options');

function problem(run: () => unknown): HeddleError {
  try {
    run();
  } catch (error) {
    if (HeddleError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('call options', () => {
  it.each([
    [
      'a getter that throws',
      {
        get timeoutMs(): number {
          throw new Error('mine');
        },
      },
    ],
    [
      'a trap that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('mine');
          },
        },
      ),
    ],
  ])('that cannot be read are refused as such: %s', (_what, options) => {
    const { code, detail, cause } = problem(() => checkCallOptions(options));
    expect({ code, detail, cause }).toMatchObject({ code: 'bad_argument', detail: { path: ['options'] }, cause: { message: 'mine' } });
  });

  it('are given back as they are when they are good', () => {
    const options = {
      need: ['gpu'],
      version: '^1.2',
      target: 'a',
      timeoutMs: 5,
      meta: { trace: '1' },
      signal: new AbortController().signal,
      idempotencyKey: 'é'.repeat(keyBytesMax / 2),
      priority: 'batch',
      retry: { attempts: 10 },
      waitMs: 0,
      key: 'user 7',
      hedge: true,
    };
    expect(checkCallOptions(options)).toBe(options);
  });

  it.each([
    [{ timeoutMS: 5 }, 'unknown option "timeoutMS" (did you mean "timeoutMs"?)'],
    [{ hedged: true }, 'did you mean "hedge"?'],
    [{ hedge: 'yes' }, '"yes"'],
    [{ key: '' }, '""'],
    [{ key: 5 }, '5'],
    [{ waitMs: -1 }, '-1'],
    [{ waitMs: '250' }, '"250"'],
    [{ waitMs: Number.NaN }, 'NaN'],
    [{ retry: 2 }, 'number'],
    [{ retry: { times: 2 } }, 'unknown option "times"'],
    [{ retry: {} }, 'undefined'],
    [{ retry: { attempts: 0 } }, '0'],
    [{ retry: { attempts: 1.5 } }, '1.5'],
    [{ retry: { attempts: 11 } }, '11'],
    [{ timeoutMs: 0 }, '0'],
    [{ timeoutMs: Number.NaN }, 'NaN'],
    [{ timeoutMs: '5' }, '"5"'],
    [{ signal: {} }, 'of type object'],
    [{ version: 'newest' }, '"newest"'],
    [{ target: '' }, 'an empty text'],
    [{ need: 'gpu' }, '"gpu"'],
    [{ need: { every: ['gpu'] } }, 'every'],
    [{ meta: { a: 1 } }, '1'],
    [{ idempotencyKey: '' }, '""'],
    [{ idempotencyKey: 'half \ud800' }, 'half'],
    [{ idempotencyKey: 'é'.repeat(keyBytesMax / 2 + 1) }, 'éé'],
    [{ idempotencyKey: 7 }, '7'],
    [{ priority: 'high' }, '"high"'],
    [[], 'an object, found a list'],
    [null, 'null'],
  ])('%j are refused as bad_argument', (options, found) => {
    const error = problem(() => checkCallOptions(options));
    expect(error.code).toBe('bad_argument');
    expect(error.message).toContain(found);
  });

  it.each([
    [{ retry: 2 }, ['options', 'retry']],
    [{ retry: { times: 2 } }, ['options', 'retry']],
    [{ retry: { attempts: 0 } }, ['options', 'retry', 'attempts']],
    [{ waitMs: -1 }, ['options', 'waitMs']],
  ])('of %j the path is one of keys', (options, path) => {
    expect(problem(() => checkCallOptions(options))).toMatchObject({ code: 'bad_argument', detail: { path } });
  });

  it('take 4 KiB of meta and not a byte more', () => {
    checkCallOptions({ meta: { k: 'x'.repeat(metaBytesMax - 1) } });
    expect(problem(() => checkCallOptions({ meta: { k: 'x'.repeat(metaBytesMax) } })).code).toBe('too_large');
  });
});

describe('server options', () => {
  it('have defaults', () => {
    const options = resolveServerOptions({}, random);
    expect(options).toMatchObject({ resources: [], cluster: 'default', host: '127.0.0.1', port: 'auto', join: [] });
    expect(options.name).toMatch(/^.+-[0-9a-z]{6}$/);
    expect(Buffer.byteLength(options.name)).toBeLessThanOrEqual(64);
  });

  it.each([
    [{ slots: ['gpu'] }, 'how many of each, as in { gpu: 1 }'],
    [{ slots: { gpu: 0 } }, 'options.slots.gpu: expected a whole number of slots from 1'],
    [{ slots: { 'a b': 1 } }, 'the name of a slot'],
    [{ slot: { gpu: 1 } }, 'did you mean "slots"'],
    [{ storage: 'sqlite' }, 'unknown option "storage"'],
    [{ resource: ['gpu'] }, 'did you mean "resources"'],
    [{ name: '' }, 'an empty text'],
    [{ name: '__proto__' }, '__proto__'],
    [{ resources: 'gpu' }, '"gpu"'],
    [{ port: 70_000 }, '70000'],
    [{ port: { from: 9, to: 1 } }, 'of type object'],
    [{ join: ['nowhere'] }, '"nowhere"'],
    [{ host: '0.0.0.0' }, 'advertise'],
    [{ onListening: 1 }, '1'],
    [{ functions: 5 }, '5'],
  ])('%j are refused as bad_argument', (options, found) => {
    const error = problem(() => resolveServerOptions(options as object, random));
    expect(error.code).toBe('bad_argument');
    expect(error.message).toContain(found);
  });
});

describe('addresses', () => {
  it.each(['127.0.0.1:7420', 'host.name:1', '[::1]:65535'])('%s is one', (address) => {
    expect(parseAddress(address, ['urls'])).toBe(address);
    expect(parseAddress(`heddle://${address}`, ['urls'])).toBe(address);
  });

  it.each(['', 'host', 'host:', 'host:0', 'host:65536', 'a b:1', 'http://x:1', ':80', 5, undefined])('%s is none', (address) => {
    expect(problem(() => parseAddress(address, ['urls'])).code).toBe('bad_argument');
  });
});
