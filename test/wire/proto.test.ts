import { expect, test } from 'vitest';
import { ProtoReader } from '../../src/wire/proto-reader.ts';
import { ProtoWriter } from '../../src/wire/proto-writer.ts';

function roundTrip(text: string): string {
  const writer = new ProtoWriter(64);
  writer.presentString(1, text);
  const reader = new ProtoReader(writer.finish());
  reader.tag();
  return reader.string();
}

test('texts of one length that differ in a single place are told apart, however often they come', () => {
  const texts = Array.from({ length: 12 }, (_unused, at) => `sensor.${'x'.repeat(at)}Y${'x'.repeat(11 - at)}.read`);
  for (let round = 0; round < 3; round += 1) expect(texts.map(roundTrip)).toEqual(texts);
});

test('texts beyond ASCII come back, also beside ASCII texts of as many bytes', () => {
  const texts = ['é', 'ab', 'größe', 'groesse', '\u{1f9f5}', 'four', 'é'.repeat(20), 'e'.repeat(40), 'e'.repeat(41), ''];
  for (let round = 0; round < 3; round += 1) expect(texts.map(roundTrip)).toEqual(texts);
});

test('a text that is not UTF-8 is refused every time', () => {
  const bytes = Buffer.from([0x0a, 2, 0x61, 0xff]);
  for (let round = 0; round < 3; round += 1) {
    const reader = new ProtoReader(bytes);
    reader.tag();
    expect(() => reader.string()).toThrow('UTF-8');
  }
});
