/**
 * JSON text to a tree, with errors that never quote it.
 */

import { utf8Text } from './utf8.ts';
import { ValueProblem } from './value-problem.ts';

/** The text of JSON in UTF-8. Throws ValueProblem. */
export function textOf(bytes: Uint8Array): string {
  const text = utf8Text(bytes);
  if (text === undefined) throw new ValueProblem([], 'JSON text', 'bytes that are not UTF-8');
  return text;
}

/** What the text says. Throws ValueProblem. */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ValueProblem([], 'JSON text', placeOf(error));
  }
}

/** Where the text stops being JSON. The engine's message quotes it, and values never travel in messages. */
function placeOf(error: unknown): string {
  const position = error instanceof SyntaxError ? /position \d+/.exec(error.message) : null;
  return position ? `something else at ${position[0]}` : 'text that is cut short or something else';
}
