/**
 * A client's calls, runs and questions, carried over its one session by whichever server it is open to.
 *
 * X1 a call whose session broke is sent through the next one, which finds out first what became of it (lost-call.ts).
 * X2 a run whose session broke is followed through the next one, from the event after the last one seen.
 */

import type { Clock } from '../../base/clock.ts';
import type { Effect } from '../../core/catalog/offer.ts';
import type { Payload } from '../../core/payload.ts';
import { collectMs } from '../../core/workflow/leases.ts';
import { HeddleError } from '../../errors.ts';
import type { QueryFrame } from '../../wire/frame.ts';
import { CallTable } from '../call/call-table.ts';
import type { AttemptEnd, CallPeer, ProcessContext, Routing, Tried } from '../call/routing-port.ts';
import { handOffDefaults } from '../hand-off/hand-off-settings.ts';
import { Puller, type PullerOptions } from '../hand-off/puller.ts';
import { type CallEngine, type CallHandle, type CallSink, type Invocation, isStreamed } from '../link/invocation.ts';
import type { Peer } from '../link/peer.ts';
import { RoundTrip } from '../link/round-trip.ts';
import type { RunEngine, RunFollower, SubmitRequest, Unfollow } from '../run/run-engine.ts';
import type { SessionKeeper } from './session-keeper.ts';
import { SessionQuestion } from './session-question.ts';
import { SessionRun } from './session-run.ts';

/** No session is open; the next one will do. */
const nextSession = 'next session';
export type SessionRoute = Peer | typeof nextSession;

const notConnected = { name: 'the fabric', instance: '' };

export class SessionEngine implements CallEngine, RunEngine, Routing<SessionRoute> {
  /** Gets large results through the entry. */
  readonly values: Puller;
  readonly #keeper: SessionKeeper;
  readonly #clock: Clock;
  readonly #roundTrip = new RoundTrip();
  readonly #calls: CallTable<SessionRoute>;

  constructor(keeper: SessionKeeper, context: ProcessContext) {
    this.#keeper = keeper;
    this.#clock = context.clock;
    this.#calls = new CallTable(this, context);
    const reach: PullerOptions['reach'] = (_parked, done) => this.#reachEntry(done);
    this.values = new Puller({
      findHere: () => undefined,
      reach,
      lease: (lease) => this.#keeper.peer?.send(lease),
      bytesMax: handOffDefaults.memoryBytesMax,
    });
  }

  start(invocation: Invocation, sink: CallSink): CallHandle {
    return this.#calls.start(invocation, sink);
  }

  /** Ends every call with `closed`. */
  close(): void {
    this.#calls.close('the client');
  }

  submit(request: SubmitRequest, follower: RunFollower): Unfollow {
    return new SessionRun({ keeper: this.#keeper, clock: this.#clock, follower }, request).start();
  }

  attach(runId: string, fromSequence: number, follower: RunFollower): Unfollow {
    return new SessionRun({ keeper: this.#keeper, clock: this.#clock, follower }, { runId, fromSequence }).start();
  }

  async cancel(runId: string, reason: string): Promise<void> {
    await this.#ask((peer, id) => peer.send({ kind: 'cancelRun', id, runId, reason }));
  }

  /** The answer to a question about the fabric, in the shape of the API. */
  query(about: Exclude<QueryFrame['about'], number>, argument?: Payload): Promise<unknown> {
    return this.#ask((peer, id) => peer.send({ kind: 'query', id, about, argument }));
  }

  choose(_invocation: Invocation, tried: Tried | undefined): SessionRoute | HeddleError {
    const peer = this.#keeper.peer;
    if (!peer) return this.#keeper.isClosed ? new HeddleError('closed', { what: 'the client' }) : nextSession;
    if (!tried?.has(peer.identity.instance)) return peer;
    this.#keeper.moveFrom(peer);
    return nextSession;
  }

  /** The entry server waits for absent providers. */
  mayComeBack(): boolean {
    return false;
  }

  whenChanged(): undefined {}

  breakersOpenUntilMs(): undefined {}

  peerOf(route: SessionRoute): CallPeer | undefined {
    return route === nextSession ? undefined : route;
  }

  reach(_route: SessionRoute, done: (reached: CallPeer | HeddleError) => void): () => void {
    return this.#keeper.whenOpen((peer) => done(peer ?? new HeddleError('closed', { what: 'the client' })));
  }

  isDirect(): boolean {
    return false;
  }

  serverOf(route: SessionRoute) {
    return route === nextSession ? notConnected : route.identity;
  }

  roundTripMsOf(route: SessionRoute): number {
    return this.#roundTrip.of(route);
  }

  versionOf(_route: SessionRoute, invocation: Invocation): string | undefined {
    return invocation.version;
  }

  newsOf(): readonly string[] {
    return [];
  }

  effectOf(_route: SessionRoute | undefined, invocation: Invocation): Effect {
    return invocation.effect ?? 'once';
  }

  /** The entry server hedges. */
  hedgeAfterMs(): undefined {}

  mayHedge(): boolean {
    return false;
  }

  /** The entry server pays; what it never got costs nobody anything. */
  mayPay(): boolean {
    return true;
  }

  /** Breakers are the entry server's. */
  began(): number {
    return 1;
  }

  ended(route: SessionRoute, _permit: number, { code, elapsedMs, serverMicros, call }: AttemptEnd): void {
    if (code === undefined && serverMicros !== undefined && !isStreamed(call)) this.#roundTrip.note(route, elapsedMs, serverMicros);
  }

  /** The session, or the next one, which is not waited for longer than results can be collected. */
  #reachEntry(done: (reached: Peer | HeddleError) => void): () => void {
    const { peer } = this.#keeper;
    if (peer) {
      done(peer);
      return () => {};
    }
    const late = (): void => end(new HeddleError('unreachable', { address: notConnected.name, evidence: 'silent' }));
    const leave = this.#keeper.whenOpen((next) => end(next ?? new HeddleError('closed', { what: 'the client' })));
    const cancelWait = this.#clock.schedule(collectMs, late);
    const end = (reached: Peer | HeddleError): void => {
      leave();
      cancelWait();
      done(reached);
    };
    return () => {
      leave();
      cancelWait();
    };
  }

  #ask(send: (peer: Peer, id: number) => void): Promise<unknown> {
    return new SessionQuestion({ keeper: this.#keeper, clock: this.#clock, send }).ask();
  }
}
