/**
 * What a schema's issue says was expected, without what it was given.
 *
 * Libraries differ: zod says the type that it found, valibot and arktype quote the value itself. Errors travel to callers
 * and into logs, and values must not (validation.ts, G1).
 * E1 what an issue says that it found is cut off where the wording is known, and blotted out wherever it stands.
 */

/** A value that was found, in the wordings of zod, valibot and arktype; the first group is what was expected. */
const wordings = [
  /^Invalid (?:input|type): [Ee]xpected (.+?)(?:,| but) received .*$/s,
  /^Too (?:small|big): expected (.+)$/s,
  /^(.+?)(?:,| but) received .*$/s,
  /^(?:.*\s)?must be (.+?)(?: \(was .*\))?$/s,
] as const;

const blot = '...';
/** Shorter texts stand in any sentence by chance. */
const quotedMin = 3;

/** The expectation of one issue about `found`; undefined when it says nothing. */
export function expectationOf(issue: unknown, found: unknown): string | undefined {
  if (typeof issue !== 'object' || issue === null || !('message' in issue)) return undefined;
  const message = String(issue.message);
  const text =
    wordings.map((wording) => wording.exec(message)?.[1]).find((expected) => expected !== undefined) ??
    `a value that its schema accepts (${message})`;
  return quoted(issue, found).reduce((clean, value) => clean.replaceAll(value, blot), text);
}

/** Texts by which the issue may show the value. */
function quoted(issue: object, found: unknown): readonly string[] {
  const said = ['received' in issue ? issue.received : undefined, 'actual' in issue ? issue.actual : undefined];
  const texts = [...said.filter((text) => typeof text === 'string' && !isTypeWord(text)), ...shown(found)];
  return texts.filter((text) => typeof text === 'string').filter((text) => text.length >= quotedMin);
}

function shown(found: unknown): readonly string[] {
  if (typeof found === 'string') return [found];
  return typeof found === 'number' || typeof found === 'bigint' ? [String(found)] : [];
}

/** zod's `received` is a type, and may stand in what was expected. */
function isTypeWord(text: string): boolean {
  return /^(?:undefined|null|NaN|[a-z]{3,10})$/.test(text);
}
