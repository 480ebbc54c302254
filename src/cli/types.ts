/**
 * `heddle types`: declarations of the functions that the fabric offers now, on stdout or into a file.
 *
 * T1 a file is replaced only if `heddle types` wrote it, whole and by a rename, and not touched when nothing changed.
 */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { thrownText } from '../base/thrown.ts';
import { type ConnectFlags, withClient } from './connection.ts';
import { declarationsOf, marker } from './declarations.ts';
import { UsageError } from './exit-code.ts';
import { replaceFile } from './replace-file.ts';
import type { Terminal } from './terminal.ts';

export interface TypesFlags extends ConnectFlags {
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
}

export async function types(terminal: Terminal, flags: TypesFlags): Promise<void> {
  const { out, json } = flags;
  if (out !== undefined && json) throw new UsageError('--out writes declarations; --json is for stdout');
  // Before the fabric is asked: a file that must stay is known at once.
  const before = out === undefined ? undefined : readOwn(out);
  const offers = await withClient(flags, (client) => client.catalog({ schemas: true }));
  if (json) return terminal.out(JSON.stringify(offers));
  const text = declarationsOf(offers);
  if (out === undefined) return terminal.out(text.trimEnd());
  const count = new Set(offers.map((offer) => offer.function)).size;
  const what = `${count} function${count === 1 ? '' : 's'}`;
  if (text === before) return terminal.note(`${out} is up to date: ${what}`);
  replace(out, text);
  terminal.note(`${out}: ${what}`);
}

/** What the file holds, if it is there. Throws UsageError for one that is not to be overwritten, or cannot be written. */
function readOwn(path: string): string | undefined {
  if (!/\.[cm]?ts$/.test(path)) throw new UsageError(`--out takes the path of a declaration file (.d.ts), found ${path}`);
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) throw new UsageError(`there is no folder ${folder}; make it first`);
  if (!existsSync(path)) return undefined;
  const text = statSync(path).isFile() ? readFileSync(path, 'utf8') : '';
  if (text.startsWith(marker)) return text;
  throw new UsageError(`${path} was not written by \`heddle types\` and stays as it is; remove it, or choose another --out`);
}

function replace(path: string, text: string): void {
  try {
    replaceFile(path, text);
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${thrownText(error)}`);
  }
}
