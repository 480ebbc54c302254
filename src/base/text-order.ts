/**
 * The order of texts by their code units: the same on every machine, whatever its language.
 */

/** For `sort`: negative, 0 or positive. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
