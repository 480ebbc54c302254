/**
 * How many observers it takes; who they are is rings.ts.
 */

/** Reporters needed when `alive` observers are held alive: 1 of 1, 2 of 2 or 3, 3 of more. */
export function quorumOf(alive: number): number {
  if (alive <= 1) return 1;
  return alive <= 3 ? 2 : 3;
}
