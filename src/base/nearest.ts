/**
 * The known names that a misspelt one probably meant, for messages.
 */

/** Characters compared, and names looked at: a hint is worth about 10 ms, however many names a peer sends. */
const lengthMax = 40;
const knownMax = 2_000;
const editsMax = 3;

/** At most `count` of `known`, nearest first: within 3 edits and a third of its length, or one beginning with the other. */
export function nearest(name: string, known: Iterable<string>, count = 3): readonly string[] {
  const wanted = name.slice(0, lengthMax).toLowerCase();
  const budget = Math.min(editsMax, Math.floor(wanted.length / 3));
  const close: { readonly name: string; readonly distance: number }[] = [];
  let looked = 0;
  for (const candidate of known) {
    looked += 1;
    if (looked > knownMax) break;
    const distance = distanceOf(wanted, candidate.slice(0, lengthMax).toLowerCase(), budget);
    if (distance <= budget) close.push({ name: candidate, distance });
  }
  close.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return close.slice(0, count).map((candidate) => candidate.name);
}

/** `did you mean "port"?` for a misspelt name; undefined when none of `known` is near. */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  const [near] = nearest(name, known, 1);
  return near === undefined ? undefined : `did you mean "${near}"?`;
}

function distanceOf(a: string, b: string, budget: number): number {
  if (a.length > 2 && b.length > 2 && (a.startsWith(b) || b.startsWith(a))) return 1;
  if (Math.abs(a.length - b.length) > budget) return budget + 1;
  return editDistance(a, b);
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment, Damerau 1964). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
