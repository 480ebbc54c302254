/**
 * The packages of other projects, from the folder `peers` with a lock file of its own.
 */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** One package, by name. `T` says what of it is used. */
export async function importPeer<T>(name: string): Promise<T> {
  const require = createRequire(new URL('peers/package.json', import.meta.url));
  const loaded: { default?: unknown } = await import(pathToFileURL(require.resolve(name)).href);
  // A CommonJS package comes as the default of its module.
  return (typeof loaded.default === 'object' && loaded.default !== null ? loaded.default : loaded) as T;
}
