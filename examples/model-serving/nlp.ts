/** The server of {nlp}: trains when it starts. */

import { defineFunction } from 'heddle';
import { passagesLesson } from './passages.ts';
import { train } from './training.ts';

const predict = train(passagesLesson);

export const functions = {
  passages: defineFunction({ name: 'predict.passages', effect: 'pure', handler: (_ctx, texts: readonly string[]) => texts.map(predict) }),
};
