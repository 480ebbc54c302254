/**
 * Texts of others, on a terminal: what a handler threw, what a run is called.
 */

/** The text such that it moves no cursor and rings no bell: control characters are shown, but line breaks and tabs. */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{Cc}/gu, (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
