/**
 * `heddle token`: the keys that sign tokens of clients, in a folder, and tokens.
 *
 * T1 the private key is readable by its owner alone. T2 keys that are there are used, never replaced. T3 a token goes to stdout and
 *    nowhere else.
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { isIdentityName } from '../identity/identity.ts';
import { issueToken, makeTokenKeys } from '../identity/token-issue.ts';
import { UsageError } from './exit-code.ts';
import { replaceFile } from './replace-file.ts';
import type { Terminal } from './terminal.ts';

export interface TokenFlags {
  readonly cluster: string;
  /** Milliseconds. */
  readonly for: number;
  readonly dir: string;
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 24 * 3_600_000 } as const;

/** `90s`, `15m`, `1h`, `7d` in milliseconds. Throws UsageError. */
export function durationMs(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (count === '') throw new UsageError(`"${text}" is no time; wanted: a number with s, m, h or d, such as 15m`);
  return Number(count) * units[unit as keyof typeof units]; // the pattern takes no others
}

export function keys(terminal: Terminal, { dir }: Pick<TokenFlags, 'dir'>): void {
  const { publicPath, isNew } = openKeys(terminal, dir);
  if (!isNew) terminal.note(`there are keys already; to have others, move ${publicPath} and its .key away, or give another --dir`);
  terminal.out(publicPath);
}

export async function issue(terminal: Terminal, name: string, { cluster, for: forMs, dir }: TokenFlags): Promise<void> {
  if (!isIdentityName(name))
    throw new UsageError(`"${name}" can be nobody's name: 1 to 128 characters are wanted, no white space at the ends`);
  const { privateKey } = openKeys(terminal, dir);
  const fromMs = systemClock.wallMs();
  const token = await issueToken(privateKey, { name, cluster, fromMs, untilMs: fromMs + forMs });
  terminal.note(`a token of "${name}" for the cluster "${cluster}", good until ${new Date(fromMs + forMs).toISOString()}`);
  terminal.note('use it: HEDDLE_TOKEN=... heddle call FUN, or connect(url, { token })');
  terminal.out(token);
}

interface OpenKeys {
  readonly privateKey: string;
  readonly publicPath: string;
  readonly isNew: boolean;
}

function openKeys(terminal: Terminal, dir: string): OpenKeys {
  const [publicPath, privatePath] = [join(dir, 'tokens.pub'), join(dir, 'tokens.key')];
  if (existsSync(privatePath)) return { privateKey: readFileSync(privatePath, 'utf8'), publicPath, isNew: false };
  if (existsSync(publicPath)) throw new UsageError(`${privatePath} is not there: tokens are made where the private key is`);
  mkdirSync(dir, { recursive: true });
  const made = makeTokenKeys();
  replaceFile(privatePath, made.privateKey, 0o600);
  replaceFile(publicPath, made.publicKey);
  terminal.note(`made keys: ${publicPath} for every server (tokens.keys), ${privatePath} for whoever lets clients in`);
  return { privateKey: made.privateKey, publicPath, isNew: true };
}
