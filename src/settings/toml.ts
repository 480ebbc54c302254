/**
 * TOML with the lines of its keys: the library says what a file holds, this says where.
 *
 * A line is found for `key = ...` under a `[section]` and for dotted keys; for a key inside an inline table, the line
 * of the table. Also the reader of workflow files in TOML: the library lives in this room.
 */

import { parse, TomlError } from 'smol-toml';
import { HeddleError } from '../errors.ts';

export interface TomlFile {
  readonly data: Readonly<Record<string, unknown>>;
  /** Line of `section.key`, counted from 1; that of the nearest table around it where the key has none of its own. */
  findLine(path: readonly string[]): number | undefined;
}

/** Reads TOML; `file` is for messages. Throws `bad_settings` with file and line where it is no TOML. */
export function parseToml(text: string, file: string): TomlFile {
  const lines = linesOfKeys(text);
  return {
    data: parsed(text, file),
    findLine: (path) => {
      for (let length = path.length; length > 0; length -= 1) {
        const line = lines.get(path.slice(0, length).join('.'));
        if (line !== undefined) return line;
      }
      return undefined;
    },
  };
}

function parsed(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? 'is not TOML';
    throw new HeddleError('bad_settings', { problems: [{ file, line: error.line, message }] }, { cause: error });
  }
}

function linesOfKeys(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let table: readonly string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[{1,2}([^\]]+)\]{1,2}/.exec(line)?.[1];
    if (header !== undefined) table = keyParts(header);
    const key =
      header === undefined ? /^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=/.exec(line)?.[1] : undefined;
    if (header === undefined && key === undefined) continue;
    const path = [...table, ...(key === undefined ? [] : keyParts(key))].join('.');
    if (!lines.has(path)) lines.set(path, index + 1);
  }
  return lines;
}

function keyParts(text: string): readonly string[] {
  return text.split('.').map((part) => part.trim().replace(/^(["'])(.*)\1$/, '$2'));
}
