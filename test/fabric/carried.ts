/** Counts the bytes that all links of a world carry that are opened from now on. */

import type { FabricWorld } from './fabric-world.ts';

export function carried(world: FabricWorld): { bytes: number } {
  const seen = { bytes: 0 };
  world.watch = (link) => {
    const count = (bytes: Uint8Array): void => {
      seen.bytes += bytes.length;
    };
    return new Proxy(link, {
      get(target, key) {
        const own: unknown = Reflect.get(target, key, target);
        if (typeof own !== 'function') return own;
        return (...args: unknown[]): unknown => {
          if (key === 'send') count(args[0] as Uint8Array);
          if (key === 'sendLarge') count(args[1] as Uint8Array);
          return Reflect.apply(own, target, args);
        };
      },
    });
  };
  return seen;
}
