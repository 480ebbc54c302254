/**
 * Module hooks: a module under `src` is the one that was built from it.
 */

import type { ResolveHook } from 'node:module';

const sources = new URL('../../src/', import.meta.url).href;
const built = new URL('../../dist/', import.meta.url).href;

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  if (!resolved.url.startsWith(sources)) return resolved;
  const url = built + resolved.url.slice(sources.length).replace(/\.ts(\?.*)?$/, '.js');
  return { ...resolved, url, format: 'module' };
};
