/**
 * The doors of one server, wired: what comes over links, sessions and from foreign clients, and who answers it.
 * No behaviour of its own; the rooms behind the doors are server-rooms.ts.
 */

import type { MemberView } from '../../core/gossip/view.ts';
import type { Observer } from '../../observe/observer.ts';
import { TracedEngine } from '../call/traced-calls.ts';
import type { Explainer } from '../explain/explainer.ts';
import type { WorkflowExplainer } from '../explain/workflow-explainer.ts';
import { ForeignEntry, type ForeignEntryOptions } from '../foreign/foreign.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Gate } from '../link/gate.ts';
import { CatalogWatches } from '../mesh/catalog-watches.ts';
import type { Directory } from '../mesh/directory.ts';
import type { Links } from '../mesh/links.ts';
import type { RunRelay } from '../run/run-relay.ts';
import type { Runner } from '../run/runner.ts';
import { CallDesk, type CallDeskOptions } from '../serve/call-desk.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import { DrainDoor } from './drain-door.ts';
import { Entry } from './entry.ts';
import type { FabricVitals } from './fabric-vitals.ts';
import type { HandOffRoom } from './hand-off-room.ts';
import { JoinDoor, type JoinPort } from './join-door.ts';
import { ProofRenewal } from './proof-renewal.ts';
import { Questions } from './questions.ts';
import { Reception, type ReceptionOptions } from './reception.ts';
import type { ServerGuards } from './server-guards.ts';
import type { StallWatch } from './stall-watch.ts';

/** What is behind the doors. */
export interface BehindDoors extends Pick<CallDeskOptions, 'clock' | 'catalog' | 'dispatcher' | 'engine' | 'outcomes'> {
  readonly identity: PeerIdentity;
  readonly observer: Observer;
  readonly cluster: string;
  readonly guards: ServerGuards;
  readonly gate: Gate;
  readonly doorkeeper: Doorkeeper;
  readonly stalls: StallWatch;
  readonly links: Links;
  readonly directory: Directory;
  readonly explainer: Explainer;
  readonly workflows: WorkflowExplainer;
  readonly runner: Runner;
  readonly handOffs: HandOffRoom;
  readonly relay: RunRelay;
  readonly vitals: FabricVitals;
  readonly wheel: ForeignEntryOptions['wheel'];
  readonly nextCall: ForeignEntryOptions['nextCall'];
  readonly members: () => readonly MemberView[];
  readonly share: JoinPort | undefined;
  readonly addresses: ReceptionOptions['addresses'];
  readonly acceptLink: ReceptionOptions['acceptLink'];
}

/** Answers the requests of links and sessions. */
export function entryOf(behind: BehindDoors): Entry {
  const { clock, directory, guards, identity, links, members } = behind;
  const heard = { contact: directory.contact, refusedOffers: (name: string) => directory.refusedOffers(name) };
  return new Entry({
    calls: new CallDesk({ ...behind, ...heard, engine: new TracedEngine(behind.engine, false), self: identity, refusal: guards.refusal }),
    runner: behind.runner,
    runs: behind.relay,
    gate: behind.gate,
    renewal: new ProofRenewal(behind.doorkeeper, clock),
    clock,
    gapMs: (nowMs) => behind.stalls.gapMs(nowMs),
    refusal: guards.refusal,
    questions: new Questions({
      members,
      catalog: (options) => directory.offers(options),
      explainer: behind.explainer,
      workflows: behind.workflows,
      vitals: behind.vitals,
    }),
    watches: new CatalogWatches({ feed: directory.feed, clock, server: identity.name }),
    pulls: behind.handOffs.desk,
    drains: new DrainDoor({ server: identity.name, drain: guards.drain, members, links }),
  });
}

/** Lets in who may come in, and answers foreign clients. */
export function receptionOf(behind: BehindDoors): Reception {
  const { identity, guards, relay: runs, directory } = behind;
  const values = behind.handOffs.puller;
  const engine = new TracedEngine(behind.engine, false);
  const foreign = new ForeignEntry({
    ...behind,
    engine,
    runs,
    values,
    feed: directory.feed,
    server: identity.name,
    refusal: guards.refusal,
  });
  const { share, members, observer } = behind;
  const joinDoor = share && new JoinDoor({ port: share, server: identity.name, members, observer });
  return new Reception({ ...behind, foreign, joinDoor, refusal: guards.sessionRefusal });
}
