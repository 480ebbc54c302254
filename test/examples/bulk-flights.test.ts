import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addUp, readFlights, tally } from '../../examples/bulk-flights/delays.ts';

const flights = (await readFlights()).slice(0, 2_000);

test('the real file holds 20,000 flights', async () => {
  expect(await readFlights()).toHaveLength(20_000);
});

test('slices add up to the whole, wherever they are cut and in whichever order they come', () => {
  const whole = tally(flights);
  expect(whole.reduce((sum, one) => sum + one.flights, 0)).toBe(flights.length);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(flights.length), { maxLength: 20 }), fc.boolean(), (cuts, isReversed) => {
      const borders = [0, ...cuts.toSorted((a, b) => a - b), flights.length];
      const tallies = borders.slice(1).map((to, at) => tally(flights.slice(borders[at], to)));
      expect(addUp((isReversed ? tallies.toReversed() : tallies).flat())).toEqual(whole);
    }),
    { numRuns: 20 },
  );
});

test('a slice that is left out is missed', () => {
  expect(addUp([...tally(flights.slice(0, 900)), ...tally(flights.slice(1_000))])).not.toEqual(tally(flights));
});
