import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DiskSpill } from '../../src/storage/disk-spill.ts';
import { MemorySpill } from '../../src/storage/memory-spill.ts';

const folder = mkdtempSync(join(tmpdir(), 'spill-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (length: number, from = 0): Uint8Array => Uint8Array.from({ length }, (_, at) => (at + from) % 251);

describe.each([
  ['on disk', () => new DiskSpill(join(folder, 'not', 'there', 'yet'))],
  ['in memory', () => new MemorySpill()],
] as const)('a spill file %s', (_where, make) => {
  it('gives back what was appended, any part of it, in the order of the appends (S1)', async () => {
    const store = make();
    const file = await store.create();
    const parts = [bytesOf(1_000), bytesOf(5_000_000, 7), bytesOf(3, 9)];
    await Promise.all(parts.map((part) => file.append(part)));
    const whole = Buffer.concat(parts);
    expect(Buffer.compare(Buffer.from(await file.read(0, whole.length)), whole)).toBe(0);
    expect(Buffer.from(await file.read(998, 5)).toString('hex')).toBe(whole.subarray(998, 1_003).toString('hex'));
    await expect(file.read(whole.length - 1, 2)).rejects.toThrow('ends after');
    await store.close();
  });

  it('is nobody else’s, and can be removed twice (S2)', async () => {
    const store = make();
    const [one, two] = [await store.create(), await store.create()];
    await one.append(bytesOf(10));
    await two.append(bytesOf(10, 100));
    expect([...(await one.read(0, 2)), ...(await two.read(0, 2))]).toEqual([0, 1, 100, 101]);
    await one.remove();
    await one.remove();
    await expect(one.read(0, 1)).rejects.toThrow();
    expect([...(await two.read(9, 1))]).toEqual([109]);
    await store.close();
    await store.close();
  });
});

describe('a spill file on disk', () => {
  it('has no name while it is in use, so that nothing is left of a process that is killed (S2)', async () => {
    const store = new DiskSpill(folder);
    const file = await store.create();
    await file.append(bytesOf(100));
    expect(readdirSync(folder).filter((name) => name.startsWith('heddle-'))).toEqual([]);
    await store.close();
  });

  it('that cannot be made says so', async () => {
    await expect(new DiskSpill('/dev/null/nowhere').create()).rejects.toThrow();
  });
});
