/**
 * Short texts that were read before: names come again and again, and comparing one costs less than making it anew.
 *
 * Direct-mapped: a text that falls on another's slot takes it. What peers send decides what is kept, and nothing more.
 */

/** Longest text that is kept, in bytes. */
export const knownBytesMax = 40;

/** A power of two. */
const slots = 512;
const texts: string[] = new Array<string>(slots).fill('');

/** The text that these bytes are, if it was kept. `length` is at least 1. */
export function knownText(bytes: Uint8Array, start: number, length: number): string | undefined {
  const known = texts[slotOf(bytes, start, length)] ?? '';
  if (known.length !== length) return undefined;
  for (let at = 0; at < length; at += 1) if (known.charCodeAt(at) !== bytes[start + at]) return undefined;
  return known;
}

/** Keeps the text of all of these bytes. Only ASCII, which can be compared byte by byte. */
export function keepText(text: string, bytes: Uint8Array): void {
  if (text.length === bytes.length) texts[slotOf(bytes, 0, bytes.length)] = text;
}

/** Names differ at their ends. */
function slotOf(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] ?? 0;
  const middle = bytes[start + (length >> 1)] ?? 0;
  const last = bytes[start + length - 1] ?? 0;
  return (31 * length + 7 * first + 17 * middle + last) & (slots - 1);
}
