/**
 * The dashboard's page: follows the fabric through the server that served it, and shows it.
 *
 * What is known is store.ts; what is asked for is server.ts; one file a view.
 */

import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { followAddress, nowMs, startClock } from './browser.ts';
import { openFeed } from './server.ts';
import { beat, connection, gauges } from './store.ts';
import { chartsMax } from './views/latency.tsx';

const root = document.getElementById('app');
if (root) {
  followAddress();
  startClock();
  effect(() => {
    const atMs = nowMs.value;
    if (connection.peek() !== 'live') return;
    gauges.record(atMs, gauges.busiest().slice(0, chartsMax));
    beat.value = beat.peek() + 1;
  });
  openFeed();
  render(<App />, root);
}
