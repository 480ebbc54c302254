/**
 * What `heddle serve` says on stderr while its server runs, where no log says it.
 *
 * R1 who is refused fills no disk: the first of them are shown.
 * R2 a function that is not offered any more because its handlers do not return is named: callers hear only that nobody offers it.
 */

import type { Server } from '../index.ts';
import type { Terminal } from './terminal.ts';

const refusalsShownMax = 100;

/** Listens until the server stops. */
export function report(terminal: Terminal, server: Pick<Server, 'on'>): void {
  server.on('member.joined', ({ name }) => terminal.note(`${name} joined`));
  server.on('member.left', ({ name }) => terminal.note(`${name} left`));
  server.on('member.died', ({ name }) => terminal.note(`${name} died`));
  server.on('join.failing', ({ addresses }) => terminal.note(`none of ${addresses.join(', ')} answers; trying on`));
  server.on('tls.reloaded', ({ untilMs }) =>
    terminal.note(`certificates reloaded; the own one ends on ${new Date(untilMs).toISOString()}`),
  );
  server.on('join.granted', ({ name, address }) => terminal.note(`${name} was let in by the token, from ${address}`));
  server.on('join.refused', ({ name, address, message }) =>
    terminal.note(`${name || 'somebody'} may not join, from ${address}: ${message}`),
  );
  server.on('tls.rejected', ({ message }) => terminal.note(`certificates not reloaded, the ones before stay: ${message}`));
  reportRefused(terminal, server);
  server.on('server.drained', ({ calls, sent, runs }) => {
    if (calls + sent + runs > 0) terminal.note(`had to be ended: calls served ${calls}, calls sent or passed on ${sent}, runs ${runs}`);
  });
  server.on('handler.logged', ({ function: fun, message, fields }) =>
    terminal.note(`${fun}: ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`),
  );
  server.on('handler.failed', ({ function: fun, stack }) => terminal.note(`${fun} failed: ${stack}`));
  reportStrays(terminal, server);
}

/** R2. */
function reportStrays(terminal: Terminal, server: Pick<Server, 'on'>): void {
  server.on('handler.overstayed', ({ function: fun }) =>
    terminal.note(`${fun} goes on long after its call was over: it ignores ctx.signal, and has lost its place to others`),
  );
  server.on('offer.suspended', ({ function: fun, version }) =>
    terminal.note(`${fun}@${version} is not offered here any more: as many of its handlers as may run at once have not returned`),
  );
  server.on('offer.resumed', ({ function: fun, version }) => terminal.note(`${fun}@${version} is offered again: a handler has returned`));
}

/** The first of them in full: whoever is refused shall not fill a disk. */
function reportRefused(terminal: Terminal, server: Pick<Server, 'on'>): void {
  let refused = 0;
  const stop = server.on('peer.refused', ({ address, why }) => {
    refused += 1;
    terminal.note(`${address} was not let in: ${why}`);
    if (refused < refusalsShownMax) return;
    terminal.note('further ones are not shown; `peer.refused` tells of each');
    stop();
  });
}
