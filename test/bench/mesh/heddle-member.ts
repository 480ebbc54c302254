/**
 * A Heddle server with its defaults, without TLS.
 */

import { startServer } from 'heddle';
import type { Join } from './member.ts';

export const joinHeddle: Join = async ({ name, host, cluster, seeds }, listener) => {
  // Those whose link is cut have hosts of their own, and all speak plainly, as the others do.
  const server = await startServer({ name, host, cluster, insecure: true, join: [...seeds], functions: { work: () => 1 } });
  const known = new Map<string, Set<string>>([['work', new Set([name])]]);
  const others = new Set<string>([name]);
  const offered = (fn: string): Set<string> => {
    const held = known.get(fn) ?? new Set();
    known.set(fn, held);
    return held;
  };
  server.on('offer.appeared', (event) => {
    offered(event.function).add(event.server);
    listener.onCatalog();
  });
  server.on('offer.withdrawn', (event) => {
    offered(event.function).delete(event.server);
    listener.onCatalog();
  });
  server.on('member.joined', (event) => {
    others.add(event.name);
    listener.onOpinion(event.name, 'alive');
  });
  server.on('member.refuted', (event) => {
    others.add(event.name);
    listener.onOpinion(event.name, 'alive');
  });
  server.on('member.suspected', (event) => listener.onOpinion(event.name, 'avoided'));
  server.on('member.unreachable', (event) => listener.onOpinion(event.name, 'avoided'));
  server.on('member.died', (event) => {
    others.delete(event.name);
    listener.onOpinion(event.name, 'dead');
  });
  // What it learned while it joined.
  for (const member of await server.members()) if (member.status === 'alive') others.add(member.name);
  for (const offer of await server.catalog()) offered(offer.function).add(offer.server);
  return {
    address: server.url,
    offer: async (fn) => {
      await server.offer({ [fn]: () => 1 });
    },
    alive: () => [...others],
    offering: (fn) => [...offered(fn)],
    call: (to) => server.call('work', [], { target: to }),
    stop: () => server.stop(),
  };
};
