/** The server of {features}: trains two models when it starts. */

import { defineFunction } from 'heddle';
import { forestLesson, neighboursLesson } from './penguins.ts';
import { train } from './training.ts';

const byForest = train(forestLesson);
const byNeighbours = train(neighboursLesson);

export const functions = {
  forest: defineFunction({
    name: 'predict.forest',
    effect: 'pure',
    handler: (_ctx, rows: readonly (readonly number[])[]) => rows.map(byForest),
  }),
  neighbours: defineFunction({
    name: 'predict.neighbours',
    effect: 'pure',
    handler: (_ctx, rows: readonly (readonly number[])[]) => rows.map(byNeighbours),
  }),
};
