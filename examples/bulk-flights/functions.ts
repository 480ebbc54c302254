/** What every server of this example offers: the flights are in its memory, and it tallies a slice of them. */

import { defineFunction } from 'heddle';
import { addUp, readFlights, type Tally, tally } from './delays.ts';

const flights = await readFlights();

export const functions = {
  count: defineFunction({ name: 'flights.count', effect: 'pure', handler: () => flights.length }),
  tally: defineFunction({
    name: 'flights.tally',
    effect: 'pure',
    handler: (_ctx, from: number, to: number) => tally(flights.slice(from, to)),
  }),
  addUp: defineFunction({ name: 'flights.addUp', effect: 'pure', handler: (_ctx, tallies: readonly Tally[][]) => addUp(tallies.flat()) }),
};
