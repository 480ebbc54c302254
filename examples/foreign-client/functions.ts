/**
 * What the clients of this example call: `npx heddle serve examples/foreign-client/functions.ts --port 7420`.
 */

import { defineFunction } from 'heddle';

export const split = defineFunction({ name: 'text.split', effect: 'pure', handler: (_ctx, text: string) => text.split(/\s+/) });

export const longest = defineFunction({
  name: 'text.longest',
  effect: 'pure',
  handler: (_ctx, words: readonly string[]) => words.reduce((best, word) => (word.length > best.length ? word : best), ''),
});

export const letters = defineFunction({
  name: 'text.letters',
  effect: 'pure',
  handler: async function* (_ctx, word: string) {
    for (const letter of word) yield letter;
  },
});

export const since = defineFunction({
  name: 'days.since',
  effect: 'pure',
  handler: (_ctx, day: Date, until: Date) => Math.floor((until.getTime() - day.getTime()) / 86_400_000),
});
