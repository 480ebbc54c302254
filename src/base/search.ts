/**
 * Binary search over what is sorted by a number: where the first entry beyond a given number stands.
 */

/** The position of the first of `entries` whose number is above `number`; their count when there is none. Logarithmic. */
export function positionAfter<T>(entries: readonly T[], number: number, numberOf: (entry: T) => number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && numberOf(entry) <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}
