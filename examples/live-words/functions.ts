/** Two functions that yield: the lines of a file as they are read, and the words of lines as they are counted. */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { defineFunction } from 'heddle';

/** The lines of a file that lies where this runs. The file is closed when the reader has had enough. */
const lines = defineFunction({
  name: 'file.lines',
  effect: 'pure',
  handler: async function* (_ctx, path: string) {
    yield* createInterface({ input: createReadStream(path) });
  },
});

export interface Count {
  lines: number;
  /** The commonest words of at least five letters, with how often they came. */
  top: [word: string, times: number][];
}

/** Counts the words of lines that come from somewhere else, and says after every so many of them how it stands. */
const count = defineFunction({
  name: 'words.count',
  handler: async function* (_ctx, every: number, text: AsyncIterable<string>): AsyncGenerator<Count> {
    const times = new Map<string, number>();
    const top = (): Count['top'] => [...times].sort(([a, n], [b, m]) => m - n || a.localeCompare(b)).slice(0, 3);
    let seen = 0;
    for await (const line of text) {
      for (const word of line.toLowerCase().match(/[a-z]{5,}/g) ?? []) times.set(word, (times.get(word) ?? 0) + 1);
      seen += 1;
      if (seen % every === 0) yield { lines: seen, top: top() };
    }
    yield { lines: seen, top: top() };
  },
});

export const functions = { lines, count };
