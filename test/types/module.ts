/** A module that holds functions and other things; edge.ts takes its namespace for a fabric. */

import { defineFunction } from 'heddle';

export const resize = defineFunction({ name: 'image.resize', handler: (_ctx, image: Uint8Array, width: number) => image.slice(0, width) });
export function add(a: number, b: number): number {
  return a + b;
}
export const LIMIT = 5;
export class Holder {
  readonly x = 1;
}
