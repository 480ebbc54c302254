/**
 * Values typed on the command line: JSON, with the forms for what JSON lacks ({"$date": ...} and the others).
 */

import { thrownText } from '../base/thrown.ts';
import { parseJson } from '../wire/json-forms.ts';
import { UsageError } from './exit-code.ts';

/** The arguments of a call. Throws UsageError for one that is not JSON, saying how to quote it. */
export function parseArguments(texts: readonly string[]): readonly unknown[] {
  return texts.map((text, at) => parseArgument(text, `argument ${at + 1}`));
}

/** One value; `what` names it in the message. Throws UsageError. */
export function parseArgument(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const reason = thrownText(error);
    throw new UsageError(`${what} is not JSON: ${text}\n${looksLikeText(text) ? quoting(text) : reason}`);
  }
}

/** Whether somebody most probably meant a text: it does not begin like any other JSON value. */
function looksLikeText(text: string): boolean {
  return !/^\s*[[{"\d-]/.test(text);
}

function quoting(text: string): string {
  const json = JSON.stringify(text);
  const quoted = json.includes("'") ? JSON.stringify(json) : `'${json}'`;
  return `A text needs its own quotes, inside those of the shell: ${quoted}`;
}
