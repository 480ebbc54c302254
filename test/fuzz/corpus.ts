/** Inputs that were worth keeping: a folder for each decoder, a file each, `refused-...` or `read-...`, in hex with remarks behind `#`. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Decoder } from './decoders.ts';
import type { Outcome } from './trial.ts';

export interface Kept {
  readonly file: string;
  readonly kind: Outcome['kind'];
  readonly bytes: Buffer;
}

const folder = join(import.meta.dirname, 'corpus');

function folderOf({ at }: Pick<Decoder, 'at'>): string {
  return join(
    folder,
    at
      .replace(/^src\//, '')
      .replace(/\.ts#/, '-')
      .replaceAll('/', '-'),
  );
}

/** Folders that belong to no decoder of these. */
export function strayFolders(decoders: readonly Decoder[]): readonly string[] {
  const known = new Set(decoders.map(folderOf));
  return readdirSync(folder).filter((name) => !known.has(join(folder, name)));
}

export function keptOf(decoder: Decoder): readonly Kept[] {
  const dir = folderOf(decoder);
  if (!existsSync(dir)) return [];
  return readdirSync(dir).map((file) => ({
    file,
    kind: file.startsWith('refused') ? 'refused' : 'read',
    bytes: Buffer.from(readFileSync(join(dir, file), 'utf8').replaceAll(/#.*|\s/g, ''), 'hex'),
  }));
}

/** Keeps an input under a name made of what came of it. */
export function keep(decoder: Decoder, { kind, how }: Outcome, bytes: Buffer): string {
  const dir = folderOf(decoder);
  mkdirSync(dir, { recursive: true });
  const slug =
    how
      .toLowerCase()
      .replaceAll(/[^a-z]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 40) || 'nothing';
  const path = join(dir, `${kind}-${slug}.hex`);
  const lines = bytes.toString('hex').match(/.{1,120}/g) ?? [];
  writeFileSync(path, `# ${how.replaceAll(/[^\x20-\x7e]/g, '?')}\n${lines.join('\n')}\n`);
  return path;
}
