import { expect, test } from 'vitest';
import { ProtoReader } from '../../src/wire/proto-reader.ts';
import { ProtoWriter } from '../../src/wire/proto-writer.ts';
import { Slab } from '../../src/wire/slab.ts';

function textOf(message: Uint8Array): string {
  const reader = new ProtoReader(message);
  reader.tag();
  return reader.string();
}

function write(slab: Slab, text: string, roomBytes = 32): ProtoWriter {
  const writer = new ProtoWriter(roomBytes, slab);
  writer.string(1, text);
  return writer;
}

test('messages share one piece of memory and stay what they were', () => {
  const slab = new Slab();
  const texts = Array.from({ length: 5000 }, (_unused, at) => `message ${at} ${'x'.repeat(at % 90)}`);
  const messages = texts.map((text) => write(slab, text).finish());
  expect(messages.map(textOf)).toEqual(texts);
  expect(new Set(messages.map((message) => message.buffer)).size).toBeLessThan(20);
});

test('a writer that begins while another is not done does not write over it (B1)', () => {
  const slab = new Slab();
  const outer = write(slab, 'outer');
  const inner = write(slab, 'inner');
  const third = write(slab, 'third');
  expect([textOf(third.finish()), textOf(inner.finish()), textOf(outer.finish())]).toEqual(['third', 'inner', 'outer']);
  expect(textOf(write(slab, 'after').finish())).toBe('after');
});

test('a writer that was given up leaves its place to the next', () => {
  const slab = new Slab();
  write(slab, 'given up');
  const kept = write(slab, 'kept').finish();
  const next = write(slab, 'next').finish();
  expect([kept, next].map(textOf)).toEqual(['kept', 'next']);
});

test('a message that outgrows its room, or a whole slab, is written all the same', () => {
  const slab = new Slab();
  const before = write(slab, 'before').finish();
  const long = write(slab, 'y'.repeat(200_000)).finish();
  const roomy = write(slab, 'roomy', 200_000).finish();
  expect([before, long, roomy].map(textOf)).toEqual(['before', 'y'.repeat(200_000), 'roomy']);
});
