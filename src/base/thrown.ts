/**
 * What was thrown, or given as the reason of an abort, in words: it can be anything, also what throws when it is read.
 */

/** The message of an error; of anything else its text. */
export function thrownText(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return `something of type ${typeof thrown}`;
  }
}
