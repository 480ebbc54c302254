/**
 * What a dashboard is given of the server that serves it: what it may read, and what it may start in that server's name.
 *
 * The page, its routes and its stream are src/dashboard; nothing here is asked while nobody looks at it.
 */

import type { Clock } from '../../base/clock.ts';
import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import type { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type { Vitals } from '../../observe/vitals.ts';
import type { Credentials } from '../../transport/credentials.ts';
import type { PortChoice } from '../../transport/transport.ts';
import type { CallOptions, Member, Offer, RunEvent } from '../api/api.ts';
import type { Plan } from '../api/plan.ts';

/** Where it listens, and what whoever opens it must know; absent: nothing, and then it listens on loopback only. */
export interface DashboardChoice {
  readonly host: string;
  readonly port: PortChoice;
  readonly token: string | undefined;
}

/** The same, with the certificates under which it is served; without, it speaks plain HTTP. */
export interface SecuredDashboard extends DashboardChoice {
  readonly tls: Credentials | undefined;
}

/** Told of a run's events in order; ends with `run.settled` or one failure. */
export interface DashboardFollower {
  /** `isElsewhere`: a result that was too large to be sent along; it is left out. */
  onEvent(event: RunEvent, isElsewhere: boolean): void;
  onFailure(error: HeddleError): void;
}

export interface DashboardSource {
  readonly name: string;
  /** `host:port` of the server. */
  readonly url: string;
  readonly clock: Clock;
  readonly observer: Observer;
  members(): readonly Member[];
  /** Throws nothing for `{ schemas: true }`. */
  offers(options?: { readonly schemas: boolean }): readonly Offer[];
  /** Of this server. */
  vitals(): Vitals;
  /** Of all others that answer. */
  vitalsElsewhere(): Promise<readonly Vitals[]>;
  /** Of all servers that answer: what is under way first, then the youngest. */
  runs(): Promise<readonly RunSummary[]>;
  /** Rejects with `unknown_run`. */
  describeRun(runId: string): Promise<RunView>;
  cancelRun(runId: string, reason: string): Promise<void>;
  /** Gives what ends it. */
  followRun(runId: string, follower: DashboardFollower): () => void;
  call(name: string, args: readonly unknown[], options: CallOptions): Promise<unknown>;
  stream(name: string, args: readonly unknown[], options: CallOptions): AsyncIterable<unknown>;
  /** Resolves with its id once it is accepted; it goes on when nobody follows it. */
  submit(workflow: unknown, options: { readonly input?: unknown }): Promise<string>;
  explain(what: unknown, options?: unknown): Promise<Plan>;
}

/** A dashboard that listens. */
export interface Dashboard {
  /** For a browser: `http://host:port/`, or `https:`. */
  readonly url: string;
  /** Leaves no socket behind. */
  close(): Promise<void>;
}
