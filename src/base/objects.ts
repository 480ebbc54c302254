/**
 * What a value of unknown shape is, before its fields are read. Nothing is said of what the fields hold, and nothing is run but
 * what a proxy runs.
 */

/** Whether it can have fields; a list can. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The same, and it is no list: fields by name. A class instance counts. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !Array.isArray(value);
}
