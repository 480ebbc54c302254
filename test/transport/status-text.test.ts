import fc from 'fast-check';
import { expect, test } from 'vitest';

import { statusText } from '../../src/transport/status-text.ts';

test('X1 X2 any text at all becomes one that can be encoded, within its bytes, and begins as it did', () => {
  const anything = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '%', 'é', '\u20ac', '\ud83d\ude00', '\ud800', '\udc00') });
  fc.assert(
    fc.property(anything, fc.integer({ min: 8, max: 120 }), (text, bytesMax) => {
      const said = statusText(text, bytesMax);
      expect(encodeURI(said).length).toBeLessThanOrEqual(bytesMax);
      const start = said.replace(/\.\.\.$/, '').replace(/\ufffd$/, '');
      expect(text.replace(/\p{Surrogate}/gu, '\ufffd').startsWith(start)).toBe(true);
    }),
    { seed: 20, numRuns: 300 },
  );
});

test('a text that fits stays as it is, and a cut one says that it is', () => {
  expect(statusText('the thread broke: 7 \u20ac', 100)).toBe('the thread broke: 7 \u20ac');
  expect(statusText('x'.repeat(100), 100)).toBe('x'.repeat(100));
  expect(statusText('x'.repeat(101), 100)).toMatch(/^x{50,97}\.\.\.$/);
});
