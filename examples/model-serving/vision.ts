/** The server of {vision}: trains when it starts. */

import { defineFunction } from 'heddle';
import { tilesLesson } from './tiles.ts';
import { train } from './training.ts';

const predict = train(tilesLesson);

export const functions = {
  tiles: defineFunction({ name: 'predict.tiles', effect: 'pure', handler: (_ctx, tiles: readonly Uint8Array[]) => tiles.map(predict) }),
};
