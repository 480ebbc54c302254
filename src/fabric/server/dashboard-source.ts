/**
 * One server as its dashboard sees it: the rooms behind the port of dashboard-port.ts. No behaviour of its own.
 */

import type { Clock } from '../../base/clock.ts';
import { memberOf } from '../mesh/directory.ts';
import { isUncollected } from '../run/collected-run.ts';
import type { RunFollower } from '../run/run-engine.ts';
import { decodeRunEvent, type RunHandle } from '../run/run-handle.ts';
import type { Dashboard, DashboardFollower, DashboardSource, SecuredDashboard } from './dashboard-port.ts';
import type { ServerRooms } from './server-rooms.ts';

/** What a dashboard starts, it starts as the server itself would. */
export interface Doer extends Pick<DashboardSource, 'name' | 'url' | 'call' | 'stream' | 'explain'> {
  submit(workflow: unknown, options: object): RunHandle;
}

export interface DashboardRooms {
  readonly rooms: ServerRooms;
  readonly server: Doer;
  readonly clock: Clock;
}

/** Throws `bad_settings`. */
export async function openDashboardOf(choice: SecuredDashboard, parts: DashboardRooms): Promise<Dashboard> {
  const { openDashboard } = await import('../../dashboard/open.ts');
  return openDashboard(choice, sourceOf(parts));
}

function sourceOf({ rooms, server, clock }: DashboardRooms): DashboardSource {
  const { relay, directory, fabricVitals } = rooms;
  return {
    name: server.name,
    url: server.url,
    clock,
    observer: rooms.observer,
    members: () => rooms.mesh.members().map(memberOf),
    offers: (options) => directory.offers(options),
    vitals: () => fabricVitals.own(),
    vitalsElsewhere: () => fabricVitals.others(),
    runs: () => relay.list(),
    describeRun: (runId) => relay.describe(runId),
    cancelRun: (runId, reason) => relay.cancel(runId, reason),
    followRun: (runId, follower) => relay.attach(runId, 1, decoding(follower)),
    call: (name, args, options) => server.call(name, args, options),
    stream: (name, args, options) => server.stream(name, args, options),
    submit: async (workflow, options) => {
      const run = server.submit(workflow, { ...options, detached: true });
      await run.accepted;
      return run.runId;
    },
    explain: (what, options) => server.explain(what, options),
  };
}

/** Large results stay where they are: nobody pulls a gigabyte to look at it. */
function decoding(follower: DashboardFollower): RunFollower {
  return {
    onEvent: (wire) => {
      const isElsewhere = wire.kind === 'run.settled' && isUncollected(wire);
      follower.onEvent(decodeRunEvent(isElsewhere ? { ...wire, result: undefined } : wire), isElsewhere);
    },
    onFailure: (error) => follower.onFailure(error),
  };
}
