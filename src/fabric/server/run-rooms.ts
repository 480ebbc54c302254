/**
 * The rooms of workflows of one server, wired: planning, explaining, placing and coordinating runs. No behaviour of its own.
 */

import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import type { Router } from '../../core/routing/router.ts';
import { Experience } from '../../core/workflow/experience.ts';
import type { Observer } from '../../observe/observer.ts';
import type { Explainer } from '../explain/explainer.ts';
import { WorkflowExplainer } from '../explain/workflow-explainer.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Gate } from '../link/gate.ts';
import type { Links } from '../mesh/links.ts';
import { Fuser } from '../run/fuser.ts';
import { RunPlacing } from '../run/run-placing.ts';
import { RunPlanner } from '../run/run-planner.ts';
import { RunRelay } from '../run/run-relay.ts';
import { Runner, type RunnerOptions } from '../run/runner.ts';
import type { StepEngine } from '../run/step-calls.ts';
import { WorkflowChecks } from '../run/workflow-checks.ts';

export interface RunRoomsParts {
  readonly identity: PeerIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly catalog: Catalog;
  readonly router: Router;
  readonly explainer: Explainer;
  readonly engine: StepEngine;
  readonly links: Links;
  readonly gate: Gate;
  readonly nextCall: RunnerOptions['nextCall'];
  readonly members: () => readonly MemberView[];
  /** What keeps large results where they are. */
  readonly handOffs: Pick<RunnerOptions, 'leaseMs' | 'lease' | 'openList'>;
}

export interface RunRooms {
  readonly workflows: WorkflowExplainer;
  readonly runner: Runner;
  /** Runs of this server and of others. */
  readonly relay: RunRelay;
}

export function runRoomsOf(parts: RunRoomsParts): RunRooms {
  const { identity, clock, router, links, explainer, catalog, members, handOffs } = parts;
  const { name: server, instance } = identity;
  const experience = new Experience();
  const isReachable = (other: string): boolean => links.find(other)?.isFull === false;
  const planner = new RunPlanner({ router, clock, instance, experience, isReachable });
  const checks = new WorkflowChecks(catalog);
  const fusionOf: RunnerOptions['fusionOf'] = (workflow, seats) => new Fuser({ clock, router, links, instance, planner, seats }, workflow);
  const runner = new Runner({ ...parts, ...handOffs, server, checks, fusionOf, experience });
  const isThere = ({ status, isSelf, isLinked }: MemberView): boolean =>
    !isSelf && !isLinked && (status === 'alive' || status === 'suspect');
  const relay = new RunRelay({
    clock,
    runner,
    keepsOwn: parts.gate.tells,
    placing: new RunPlacing({ checks, planner, clock, linkTo: (other) => links.find(other) }),
    peers: (name) => links.servers(name),
    unlinked: () => members().filter(isThere),
    reach: (other, done) => links.whenLinked(other, done),
  });
  return { workflows: new WorkflowExplainer({ server, explainer, planner }), runner, relay };
}
