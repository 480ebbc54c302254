/**
 * Where the texts of links stand in the picture, and how long names are shortened.
 *
 * P1 a text stands on its line, where it covers neither a name nor a text placed before it; where there is no such place, where it
 *    covers the least.
 */

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** A rectangle around its middle. */
export interface Field extends Spot {
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly key: string;
  readonly from: Spot;
  readonly to: Spot;
  /** Of its text. */
  readonly width: number;
  readonly height: number;
}

/** Parts of the way along a line, the best first: the middles of crossing lines are often the same. */
const shares = [0.5, 0.38, 0.62, 0.28, 0.72];

/** The middle of each text, by the key of its line. `taken`: what must not be covered. */
export function placesOf(lines: readonly Line[], taken: readonly Field[]): ReadonlyMap<string, Spot> {
  const fields = [...taken];
  const places = new Map<string, Spot>();
  for (const { key, from, to, width, height } of lines) {
    let [best, least]: [Field | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const share of shares) {
      const field = { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, width, height };
      const covered = fields.reduce((sum, other) => sum + overlap(field, other), 0);
      if (covered < least) [best, least] = [field, covered];
      if (least === 0) break;
    }
    if (!best) continue;
    fields.push(best);
    places.set(key, best);
  }
  return places;
}

function overlap(a: Field, b: Field): number {
  const wide = Math.min(a.x + a.width / 2, b.x + b.width / 2) - Math.max(a.x - a.width / 2, b.x - b.width / 2);
  const high = Math.min(a.y + a.height / 2, b.y + b.height / 2) - Math.max(a.y - a.height / 2, b.y - b.height / 2);
  return wide > 0 && high > 0 ? wide * high : 0;
}

/** At most `charsMax` characters: the beginning and the end, where names of one kind differ. */
export function shortened(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const tail = Math.floor((charsMax - 1) / 3);
  return `${text.slice(0, charsMax - 1 - tail)}…${text.slice(text.length - tail)}`;
}
