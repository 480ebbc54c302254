/**
 * What JSON lacks, in JSON: `{"$bytes": base64}`, `{"$date": iso}`, `{"$bigint": "1"}`, `{"$map": [[k, v]]}`, `{"$set": []}`,
 * `{"$number": "NaN" | "Infinity" | "-Infinity" | "-0"}`; a plain object whose only key starts with `$` travels inside `$literal`.
 * For foreign clients, files and the command line. The walks are forms-writer.ts and forms-reader.ts.
 *
 * J1 both ways: what is written here is read here, equal (but undefined is null).
 * J2 an object whose only key starts with `$` and is no form is refused with its path, never taken for data.
 * J3 in workflow data references and `$literal` stay as they are; what is inside them is read as ever.
 */

import { fromForms } from './forms-reader.ts';
import { parseText } from './json-text.ts';
import { decodeValue, encodeValue, valueDepthMax } from './value.ts';

/** The objects that workflow data keeps; `$ref` and `$input` may have a `path` beside them. */
const references = new Set(['$ref', '$input', '$item', '$index', '$literal']);

/** Levels that a workflow puts around its values: the list, a command, its args, a reference. */
const workflowLevels = 8;

/** Parses JSON text with its forms. Throws ValueProblem. */
export function parseJson(text: string): unknown {
  return decodeValue({ encoding: 'json', bytes: Buffer.from(text) });
}

/**
 * Parses workflow data (a foreign client's, a file's): forms become values, while `$ref`, `$input`, `$item`, `$index` and
 * `$literal` objects stay as they are. Throws ValueProblem.
 */
export function parseWorkflowJson(text: string): unknown {
  return fromForms(parseText(text), { depthMax: valueDepthMax, levelsAround: workflowLevels, keeps: references });
}

/** JSON text of any value, with forms; undefined is null. Throws ValueProblem. */
export function stringifyJson(value: unknown): string {
  return Buffer.from(encodeValue(value, { isJsonOnly: true }).bytes).toString();
}
