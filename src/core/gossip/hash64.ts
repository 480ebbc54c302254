/**
 * The one hash that all members share: for roots, buckets and rings.
 */

import type { Root } from './message.ts';

/** 64 bits of a text, as two unsigned words. Every member must use the same function. */
export type Hash64 = (text: string) => Root;
