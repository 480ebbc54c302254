import { join } from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import type { CatalogNews, CatalogServer } from '../../src/core/catalog/news.ts';
import { HeddleError } from '../../src/errors.ts';
import { decodeCatalogNews, encodeCatalogEvent, encodeCatalogNews } from '../../src/wire/catalog-news.ts';
import { protoFolder } from '../../src/wire/proto-files.ts';

const schema = new protobuf.Root();
schema.resolvePath = (_, target) => join(protoFolder, target);
schema.loadSync('heddle/v1/fabric.proto', { keepCase: true });
const newsType = schema.lookupType('heddle.v1.CatalogNews');
const eventType = schema.lookupType('heddle.v1.WatchEvent');

const one: CatalogServer = {
  name: 'one',
  instance: '00ff',
  url: '127.0.0.1:7420',
  status: 'suspect',
  epoch: 3,
  resources: ['db', 'gpu'],
  offers: { functions: [{ name: 'add', version: '1.0.0', effect: 'pure', kind: 'call', resources: ['a'], timeoutMs: 5, concurrency: 2 }] },
};
const news: CatalogNews = { gone: ['aa', 'bb'], servers: [one, { ...one, name: 'two', offers: { functions: [] } }], isWhole: true };

describe('news of the catalog', () => {
  test('comes back as it was, and is what the proto file says', () => {
    const bytes = encodeCatalogNews(news);
    expect(decodeCatalogNews(bytes)).toEqual(news);
    expect(decodeCatalogNews(newsType.encode(newsType.decode(bytes)).finish())).toEqual(news);
    const event = eventType.toObject(eventType.decode(encodeCatalogEvent(news)));
    expect(event['catalog']).toMatchObject({ gone: ['aa', 'bb'], is_whole: true });
  });

  test('tells no offers from offers that are as before', () => {
    const { offers: _, ...asBefore } = one;
    const read = decodeCatalogNews(encodeCatalogNews({ gone: [], servers: [asBefore], isWhole: false }));
    expect(read).toEqual({ gone: [], servers: [asBefore], isWhole: false });
    expect(read.servers[0]).not.toHaveProperty('offers');
  });

  test('takes a status of a later version for unreachable', () => {
    const bytes = newsType.encode({ servers: [{ ...one, offers: undefined, status: 'dreaming' }] }).finish();
    expect(decodeCatalogNews(bytes).servers[0]?.status).toBe('unreachable');
  });

  test.each([
    ['without a name', { ...one, name: '' }],
    ['with a name of a kilobyte', { ...one, name: 'x'.repeat(1_000) }],
    ['without an instance', { ...one, instance: '' }],
    ['without an address', { ...one, url: '' }],
    ['with too many resources', { ...one, resources: Array.from({ length: 65 }, (_, at) => `r${at}`) }],
    ['with a resource that cannot be', { ...one, resources: ['\u0000'] }],
    ['with a function without a version', { ...one, offers: { functions: [{ ...one.offers?.functions[0], version: '' }] } }],
  ])('of a server %s is a protocol error (fault 24)', (_what, server) => {
    const bytes = newsType.encode({ servers: [server] }).finish();
    expect(codeOf(() => decodeCatalogNews(bytes))).toBe('protocol_error');
  });

  test('that is garbage is a protocol error and nothing else (fault 23)', () => {
    const bytes = encodeCatalogNews(news);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.uint8Array({ maxLength: 8 }), (at, noise) => {
        const bent = Uint8Array.from(bytes);
        bent.set(noise.subarray(0, bytes.length - at), at);
        expect([undefined, 'protocol_error']).toContain(codeOf(() => decodeCatalogNews(bent)));
        expect([undefined, 'protocol_error']).toContain(codeOf(() => decodeCatalogNews(bytes.subarray(0, at))));
      }),
    );
  });
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (HeddleError.is(error)) return error.code;
    throw error;
  }
}
