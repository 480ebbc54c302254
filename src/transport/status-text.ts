/**
 * A text as the message of a gRPC status. What callers and handlers write can be in it, and it travels percent-encoded in the trailers.
 *
 * X1 whatever the text, it can be encoded: `encodeURI`, which gRPC does it with, throws at half of a surrogate pair. X2 encoded it
 * has at most the bytes that it is given: clients refuse trailers that are too long, status and all.
 */

const halfPair = /\p{Surrogate}/gu;
const replacement = '\ufffd';
const ending = '...';

/** The text, or as much of its beginning as fits, encoded, into so many bytes. */
export function statusText(text: string, bytesMax: number): string {
  // Encoded, no text is shorter than it was.
  const whole = wellFormed(text.slice(0, bytesMax));
  if (text.length <= bytesMax && encodedBytes(whole) <= bytesMax) return whole;
  let kept = whole;
  // Each round takes at least a tenth off.
  while (encodedBytes(kept) + ending.length > bytesMax) kept = wellFormed(kept.slice(0, Math.floor(kept.length * 0.9)));
  return `${kept}${ending}`;
}

function wellFormed(text: string): string {
  return text.replace(halfPair, replacement);
}

function encodedBytes(text: string): number {
  return encodeURI(text).length;
}
