/**
 * The page as it was built (`.config/page.config.ts`), read once: small enough to be kept, and sent compressed.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { HeddleError } from '../errors.ts';

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  /** Its name holds a hash of it: it never changes. */
  readonly isFixed: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the build puts it: the same from `src` and from `dist`. */
export const pageFolder = fileURLToPath(new URL('../../dist/dashboard/page/', import.meta.url));

/** By path, `/` being the page. Throws `bad_settings` where it has not been built. */
export function readPage(folder: string = pageFolder): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const path of pathsUnder(folder)) {
    const bytes = new Uint8Array(readFileSync(join(folder, path)));
    const type = types[extname(path)] ?? 'application/octet-stream';
    files.set(path === 'index.html' ? '/' : `/${path}`, {
      type,
      bytes,
      gzip: new Uint8Array(gzipSync(bytes, { level: 9 })),
      isFixed: path.startsWith('assets/'),
    });
  }
  if (files.has('/')) return files;
  throw notBuilt();
}

function pathsUnder(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  } catch {
    throw notBuilt();
  }
}

function notBuilt(): HeddleError {
  return new HeddleError('bad_settings', {
    problems: [{ key: 'server.dashboard', message: 'the page has not been built: npm run build makes it' }],
  });
}
