/** The links of a server that answers nothing. */

import type { Clock } from '../../src/base/clock.ts';
import { Accounts } from '../../src/fabric/link/accounts.ts';
import { Links } from '../../src/fabric/mesh/links.ts';
import { Outcomes } from '../../src/fabric/serve/outcomes.ts';
import { Observer } from '../../src/observe/observer.ts';

export function madeLinks(clock: Clock): Links {
  return new Links({
    clock,
    observer: new Observer(),
    onRequest: () => {},
    onGroup: () => {},
    onLease: () => {},
    accounts: new Accounts('here', clock),
    outcomes: new Outcomes({ clock, server: 'here' }),
    onOpened: () => {},
    onWanted: () => {},
  });
}
