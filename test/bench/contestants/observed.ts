/**
 * P10: the servers of P1, with metrics on, and with everything cut off that watches or could.
 */

import { startServer } from '../../../src/index.ts';
import { Observer } from '../../../src/observe/observer.ts';
import { Tracing } from '../../../src/observe/tracing.ts';
import type { Contestant } from '../contestant.ts';
import { cluster, functions, untilKnown } from './heddle.ts';

/** Both ends with a listener for HTTP, and so with every call counted twice. */
export const withMetrics: Contestant = contestant('as P1, with `http` at both servers: every call and attempt is counted', { http: {} });

/** In this process nobody is told anything from now on, and nobody is asked whether to. */
export const withoutEmits: Contestant = contestant(
  'as P1, with Observer.emit, Observer.wants and Tracing.isOn replaced by nothing',
  {},
  () => {
    Observer.prototype.emit = () => {};
    Observer.prototype.wants = () => false;
    Object.defineProperty(Tracing.prototype, 'isOn', { value: false });
  },
);

function contestant(what: string, options: Parameters<typeof startServer>[0], prepare: () => void = () => {}): Contestant {
  return {
    what,
    async serve() {
      prepare();
      const server = await startServer({ name: 'owner', cluster, functions, ...options });
      return { address: server.url, stop: () => server.stop() };
    },
    async open(address) {
      prepare();
      const server = await startServer({ name: 'caller', cluster, functions: {}, join: [address], ...options });
      await untilKnown(() => server.call('bench.answer', [{ id: 0 }]));
      return { call: (reading) => server.call('bench.answer', [reading]), stop: () => server.stop() };
    },
  };
}
