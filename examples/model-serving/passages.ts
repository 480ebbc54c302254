/** Which licence a passage is from: the real texts of six licences (spdx-license-list), 50 words a passage, by naive Bayes. */

import { range } from 'd3-array';
import licences from 'spdx-license-list/full.js';
import bayes from 'wink-naive-bayes-text-classifier';
import words from 'wink-nlp-utils';
import type { Lesson, Sample, Teach } from './training.ts';

const names = ['Apache-2.0', 'GPL-3.0-only', 'MPL-2.0', 'EPL-2.0', 'CC-BY-4.0', 'CDDL-1.1'] as const;
const wordsOfPassage = 50;

export function readPassages(): Sample<string>[] {
  return names.flatMap((label) => {
    const text = licences[label]?.licenseText.split(/\s+/) ?? [];
    const starts = range(0, text.length - wordsOfPassage + 1, wordsOfPassage);
    return starts.map((start) => ({ input: text.slice(start, start + wordsOfPassage).join(' '), label }));
  });
}

export const teachPassages: Teach<string> = (samples) => {
  const classifier = bayes();
  classifier.definePrepTasks([words.string.tokenize0, words.tokens.removeWords, words.tokens.stem]);
  classifier.defineConfig({ considerOnlyPresence: true, smoothingFactor: 0.5 });
  for (const { input, label } of samples) classifier.learn(input, label);
  classifier.consolidate();
  return (text) => classifier.predict(text);
};

export const passages = readPassages();
export const passagesLesson: Lesson<string> = { name: 'licence words', samples: passages, teach: teachPassages, floor: 0.65 };
