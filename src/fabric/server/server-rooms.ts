/**
 * The rooms of one server, wired: who is given whom. No behaviour of its own.
 */

import { present } from '../../base/assert.ts';
import { DeadlineWheel } from '../../base/deadline-wheel.ts';
import { Catalog } from '../../core/catalog/catalog.ts';
import { HeddleError } from '../../errors.ts';
import { Observer } from '../../observe/observer.ts';
import type { HeldUp, UnderWay } from '../api/drain-port.ts';
import type { FabricCaller } from '../call/caller.ts';
import type { Explainer } from '../explain/explainer.ts';
import type { WorkflowExplainer } from '../explain/workflow-explainer.ts';
import { Accounts } from '../link/accounts.ts';
import type { Gate } from '../link/gate.ts';
import { Directory } from '../mesh/directory.ts';
import { Links } from '../mesh/links.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { OfferScreen } from '../mesh/offer-screen.ts';
import { RunCaller } from '../run/run-caller.ts';
import type { RunRelay } from '../run/run-relay.ts';
import type { Runner } from '../run/runner.ts';
import { Dispatcher } from '../serve/dispatcher.ts';
import { LocalPeer } from '../serve/local-peer.ts';
import { Outcomes } from '../serve/outcomes.ts';
import { Registry } from '../serve/registry.ts';
import { SlotPool } from '../serve/slots.ts';
import { CallRooms } from './call-rooms.ts';
import { type Doorkeeper, identityRooms } from './doorkeeper.ts';
import type { DrainableRooms } from './drain.ts';
import { askToBeLeft } from './drain-door.ts';
import type { Entry } from './entry.ts';
import { FabricVitals } from './fabric-vitals.ts';
import { HandOffRoom } from './hand-off-room.ts';
import { heldUpBy } from './held-up.ts';
import { type ProcessIdentity, processIdentityOf } from './process-identity.ts';
import type { Reception } from './reception.ts';
import { type RunRooms, runRoomsOf } from './run-rooms.ts';
import { type BehindDoors, entryOf, receptionOf } from './server-doors.ts';
import type { ServerGuards } from './server-guards.ts';
import { meshOf } from './server-mesh.ts';
import type { ResolvedServerOptions } from './server-options.ts';
import type { ServerParts } from './server-parts.ts';
import { SessionNews } from './session-news.ts';
import { StallWatch } from './stall-watch.ts';
import { VitalSigns } from './vital-signs.ts';

export class ServerRooms implements DrainableRooms {
  readonly observer = new Observer();
  readonly registry: Registry;
  readonly directory: Directory;
  readonly workflows: WorkflowExplainer;
  readonly runs: RunCaller;
  /** Runs of this server and of others. */
  readonly relay: RunRelay;
  readonly reception: Reception;
  readonly gate: Gate;
  readonly doorkeeper: Doorkeeper;
  readonly #options: ResolvedServerOptions;
  readonly #parts: ServerParts;
  readonly #guards: ServerGuards;
  readonly #identity: ProcessIdentity;
  readonly #wheel: DeadlineWheel;
  readonly #stalls: StallWatch;
  readonly #handOffs: HandOffRoom;
  readonly #dispatcher: Dispatcher;
  readonly #outcomes: Outcomes;
  readonly #links: Links;
  readonly #calling: CallRooms;
  readonly #runner: Runner;
  readonly #news: SessionNews;
  readonly vitals: VitalSigns;
  readonly fabricVitals: FabricVitals;
  #mesh: Mesh | undefined;

  constructor(options: ResolvedServerOptions, parts: ServerParts, guards: ServerGuards) {
    const { clock } = parts;
    const identity = processIdentityOf(options.name, parts);
    const { instance } = identity;
    const observer = this.observer;
    this.#options = options;
    this.#parts = parts;
    this.#guards = guards;
    this.#identity = identity;
    [this.gate, this.doorkeeper] = identityRooms(options, parts, observer);
    this.#stalls = new StallWatch(clock, () => Math.min(this.#wheel.dueMs, this.#mesh?.dueMs ?? Number.POSITIVE_INFINITY));
    this.#wheel = new DeadlineWheel(clock, (lateMs) => this.#stalls.note(lateMs));
    this.registry = new Registry(options.functions, new SlotPool(options.slots), (name) => this.gate.mayServe(name));
    const catalog = new Catalog({ suggests: options.permissions === undefined });
    const onChange = (): void => this.#calling.changed();
    this.directory = new Directory({ catalog, clock, observer, onChange, screen: new OfferScreen(this.gate, observer) });
    this.#handOffs = new HandOffRoom({ parts, identity, observer, links: () => this.#links });
    this.#dispatcher = this.#makeDispatcher();
    this.#outcomes = new Outcomes({ clock, server: options.name });
    this.#links = this.#makeLinks(() => entry);
    this.#calling = this.#makeCalling(catalog);
    const runs = this.#makeRuns(catalog);
    [this.workflows, this.#runner, this.relay] = [runs.workflows, runs.runner, runs.relay];
    const callers = { coordinator: () => options.name, instance, refusal: guards.callRefusal };
    this.runs = new RunCaller({ engine: this.relay, values: this.#handOffs.puller, ...callers });
    this.#news = new SessionNews({ clock, members: () => this.mesh.members(), tell: (frame) => this.#links.tellSessions(frame) });
    this.vitals = new VitalSigns({
      identity,
      clock,
      observer,
      dispatcher: this.#dispatcher,
      links: this.#links,
      breakers: this.#calling.breakers,
      results: this.#handOffs.values,
      rooms: this,
      isDraining: () => guards.sessionRefusal() !== undefined,
    });
    this.fabricVitals = new FabricVitals(this.vitals, this.relay.peers);
    const behind = this.#behindDoors(catalog);
    const entry = entryOf(behind);
    this.reception = receptionOf(behind);
  }

  get caller(): FabricCaller {
    return this.#calling.caller;
  }

  get explainer(): Explainer {
    return this.#calling.explainer;
  }

  get mesh(): Mesh {
    return present(this.#mesh, 'the mesh is not open');
  }

  get underWay(): UnderWay {
    return { calls: this.#dispatcher.inFlight, sent: this.#calling.table.inFlight, runs: this.#runner.active + this.relay.following };
  }

  heldUpBy(): readonly HeldUp[] {
    return heldUpBy(this.#dispatcher.functionsInFlight(), this.#calling.table.functionsInFlight());
  }

  runsUnderWay(): readonly string[] {
    return [...this.#runner.activeIds(), ...this.relay.followedIds()];
  }

  /** Makes the mesh, now that the address is known. */
  openMesh(url: string): void {
    this.#mesh = meshOf(url, {
      options: this.#options,
      parts: this.#parts,
      identity: this.#identity,
      observer: this.observer,
      links: this.#links,
      directory: this.directory,
      stalls: this.#stalls,
      news: this.#news,
      mustStop: this.#guards.mustStop,
    });
  }

  /** Says what this server offers, here and to everybody. */
  announce(): void {
    const body = this.registry.body();
    this.directory.announce({ ...this.#identity, resources: this.#options.resources }, body);
    this.mesh.publish(body);
  }

  async announceLeaving(): Promise<void> {
    this.#news.moving();
    await this.mesh.leave();
  }

  /** Refuses new work and tells clients once more, so that those who found no other server hang up as well. */
  async refuseWork(): Promise<void> {
    this.#dispatcher.drain();
    this.directory.feed.end(new HeddleError('draining', { server: this.#options.name }));
    this.#news.moving();
    await Promise.all([askToBeLeft(this.#options.name, this.#links.all()), this.#links.sessionsGone()]);
  }

  async idle(): Promise<void> {
    await Promise.all([this.#dispatcher.idle(), this.#calling.table.idle(), this.#runner.idle(), this.relay.idle()]);
    // What a run of this server gave has its end with that; what others need is pulled, or freed by them.
    await this.#handOffs.values.idle();
  }

  /** Ends every call and run. */
  endWork(): void {
    this.#runner.close();
    const hasDropped = this.#calling.table.close(`server ${this.#options.name}`);
    this.#dispatcher.abortAll();
    if (hasDropped) this.#links.closeSessions();
  }

  /** Leaves the mesh and drops links and timers. */
  async close(): Promise<void> {
    await this.#mesh?.leave();
    this.#mesh?.finish();
    this.#links.close();
    this.#news.close();
    this.vitals.close();
    this.#calling.breakers.close();
    this.#dispatcher.close();
    await this.#handOffs.values.close();
    this.#outcomes.close();
    this.#wheel.close();
  }

  #makeLinks(entry: () => Entry): Links {
    return new Links({
      clock: this.#parts.clock,
      observer: this.observer,
      outcomes: this.#outcomes,
      accounts: new Accounts(this.#options.name, this.#parts.clock, this.#parts.tuning?.identityLimits),
      onRequest: (frame, peer) => entry().onRequest(frame, peer),
      onGroup: (frame, peer) => entry().onGroup(frame, peer),
      onLease: (frame) => this.#handOffs.onLease(frame),
      onOpened: (instance) => this.#calling.linkOpened(instance),
      onWanted: (server) => this.mesh.want(server),
    });
  }

  #makeDispatcher(): Dispatcher {
    const { clock, random } = this.#parts;
    return new Dispatcher({
      registry: this.registry,
      server: this.#options.name,
      clock,
      random: random.fork('handlers'),
      wheel: this.#wheel,
      observer: this.observer,
      handOff: this.#handOffs.handOff,
      nestedCall: (parent, fn, call) => this.caller.nestedCall(parent, fn, call),
      announce: () => this.announce(),
      nestedStream: (parent, fn, call) => this.caller.nestedStream(parent, fn, call),
    });
  }

  #makeCalling(catalog: Catalog): CallRooms {
    return new CallRooms({
      parts: this.#parts,
      identity: this.#identity,
      wheel: this.#wheel,
      observer: this.observer,
      catalog,
      links: this.#links,
      local: new LocalPeer(this.#dispatcher, this.#identity, this.gate),
      refusal: this.#guards.callRefusal,
      places: { own: (name) => this.#dispatcher.placesOf(name), others: () => this.relay.peers },
    });
  }

  #makeRuns(catalog: Catalog): RunRooms {
    const { router, explainer, nextCall, table: engine } = this.#calling;
    return runRoomsOf({
      identity: this.#identity,
      clock: this.#parts.clock,
      random: this.#parts.random.fork('runs'),
      observer: this.observer,
      catalog,
      router,
      explainer,
      engine,
      links: this.#links,
      gate: this.gate,
      nextCall,
      members: () => this.mesh.members(),
      handOffs: this.#handOffs.forRuns,
    });
  }

  #behindDoors(catalog: Catalog): BehindDoors {
    return {
      identity: this.#identity,
      cluster: this.#options.cluster,
      guards: this.#guards,
      gate: this.gate,
      doorkeeper: this.doorkeeper,
      clock: this.#parts.clock,
      wheel: this.#wheel,
      observer: this.observer,
      stalls: this.#stalls,
      catalog,
      directory: this.directory,
      explainer: this.explainer,
      workflows: this.workflows,
      dispatcher: this.#dispatcher,
      engine: this.#calling.table,
      outcomes: this.#outcomes,
      links: this.#links,
      runner: this.#runner,
      handOffs: this.#handOffs,
      relay: this.relay,
      vitals: this.fabricVitals,
      nextCall: this.#calling.nextCall,
      members: () => this.mesh.members(),
      share: this.#parts.tuning?.share,
      addresses: () => this.#news.greeting(),
      acceptLink: (arrival) => this.mesh.accept(arrival),
    };
  }
}
