/**
 * The runs that this server coordinates.
 *
 * N1 a workflow is checked whole, against the catalog too, before anything runs.
 * N2 a runId that is known is attached to, never run twice.
 * N3 settled runs are kept `settledMs`, at most `settledMax` of them and as many as have `settledBytesMax` together (the last one
 *    always is); at most `activeMax` runs are under way.
 * N4 of these one client, by token or certificate, has at most `activeOfOneMax`: detached runs outlive the session that counted them.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Input } from '../../core/payload.ts';
import type { Experience } from '../../core/workflow/experience.ts';
import type { StepSeats } from '../../core/workflow/record.ts';
import type { Fusion, LeaseEffect, RunCodec } from '../../core/workflow/run-io.ts';
import { type RunSummary, type RunView, runSummaryOf, runViewOf } from '../../core/workflow/run-view.ts';
import type { CheckedWorkflow } from '../../core/workflow/workflow.ts';
import { HeddleError } from '../../errors.ts';
import { clientIn } from '../../identity/identity.ts';
import type { Observer } from '../../observe/observer.ts';
import { toWireError } from '../../wire/error.ts';
import { encodeValue } from '../../wire/value.ts';
import type { Invocation } from '../link/invocation.ts';
import { ActiveRun } from './active-run.ts';
import type { KeptRuns } from './owned-runs.ts';
import { type RunFollower, runTimeoutMsDefault, type SubmitRequest, type Unfollow } from './run-engine.ts';
import type { StepEngine } from './step-calls.ts';
import { RunTrace } from './traced-runs.ts';
import type { WorkflowChecks } from './workflow-checks.ts';

export interface RunnerOptions {
  /** Name of this server. */
  readonly server: string;
  readonly checks: WorkflowChecks;
  readonly engine: StepEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly nextCall: () => Pick<Invocation, 'caller' | 'callerName' | 'callNumber'>;
  /** Told what steps took and gave. */
  readonly experience?: Experience | undefined;
  /** How long large results stay with their producers without a word from here. */
  readonly leaseMs?: number | undefined;
  /** Gets a list that stayed with its producer, but for elements that are too large for so many bytes in all. */
  readonly openList?: ((list: Input, listBytes: number) => Promise<readonly Input[]>) | undefined;
  /** Tells a server about results that it keeps. */
  readonly lease?: ((lease: LeaseEffect) => void) | undefined;
  /** Where the steps of a run go, and which together; absent: each alone, as a call. */
  readonly fusionOf?: ((workflow: CheckedWorkflow, seats: StepSeats | undefined) => Fusion) | undefined;
}

interface SettledRun {
  readonly cancelForgetting: CancelTask;
  readonly bytes: number;
}

const codec: RunCodec = {
  encodeValue: (value) => encodeValue(value),
  encodeError: (error, partial) => toWireError(error, { partial }),
};

export const settledMs = 300_000;
export const settledMax = 1_000;
/** Of their events and workflows: a thousand runs of a hundred small steps each have about as much. */
export const settledBytesMax = 64 * 1024 * 1024;
export const activeMax = 10_000;
export const activeOfOneMax = 5_000;

export class Runner implements KeptRuns {
  readonly #options: RunnerOptions;
  readonly #runs = new Map<string, ActiveRun>();
  /** Settled runs in the order of their end. */
  readonly #settled = new Map<string, SettledRun>();
  #settledBytes = 0;
  /** Runs under way, by whose they are. */
  readonly #active = new Map<string, number>();
  readonly #idle = new Set<() => void>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Runs that have not settled. */
  get active(): number {
    return this.#runs.size - this.#settled.size;
  }

  /** Their ids, the oldest first. Linear in the runs that are kept. */
  activeIds(): readonly string[] {
    return [...this.#runs.keys()].filter((runId) => !this.#settled.has(runId));
  }

  submit(request: SubmitRequest, follower: RunFollower): Unfollow {
    const known = request.runId === undefined ? undefined : this.#runs.get(request.runId);
    if (known) return known.follow(1, follower);
    try {
      const run = this.#open(request);
      const unfollow = run.follow(1, follower);
      run.start();
      return unfollow;
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      follower.onFailure(error);
      return () => {};
    }
  }

  attach(runId: string, fromSequence: number, follower: RunFollower): Unfollow {
    const run = this.#runs.get(runId);
    if (run) return run.follow(fromSequence, follower);
    follower.onFailure(new HeddleError('unknown_run', { runId }));
    return () => {};
  }

  async cancel(runId: string, reason: string): Promise<void> {
    const run = this.#runs.get(runId);
    if (!run) throw new HeddleError('unknown_run', { runId });
    run.cancel(reason);
  }

  async describe(runId: string): Promise<RunView> {
    const run = this.#runs.get(runId);
    if (!run) throw new HeddleError('unknown_run', { runId });
    return runViewOf(run.viewed());
  }

  async list(): Promise<readonly RunSummary[]> {
    return [...this.#runs.values()].map((run) => runSummaryOf(run.viewed()));
  }

  /** Whether the run is one of this server's. */
  has(runId: string): boolean {
    return this.#runs.has(runId);
  }

  ownerOf(runId: string): string | undefined {
    return this.#runs.get(runId)?.owner;
  }

  /** Resolves when no run is under way. */
  idle(): Promise<void> {
    if (this.active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  /** Ends every run with `coordinator_lost` and forgets all. */
  close(): void {
    for (const run of this.#runs.values()) {
      if (!run.isSettled) run.abandon();
      run.close();
    }
    for (const { cancelForgetting } of this.#settled.values()) cancelForgetting();
    this.#runs.clear();
    this.#settled.clear();
    this.#active.clear();
  }

  #open(request: SubmitRequest): ActiveRun {
    const { clock, random, server, observer, engine, experience, nextCall, openList, lease } = this.#options;
    // What servers submit is their operator's.
    const client = clientIn(request.identity);
    const isTooMany = this.active >= activeMax || (client !== undefined && this.#activeOf(client) >= activeOfOneMax);
    if (isTooMany) throw new HeddleError('overloaded', { function: 'submit', server, retryAfterMs: 1_000 });
    const workflow = this.#options.checks.check(request, clock.nowMs());
    const runId = request.runId ?? `${server}~${Buffer.from(random.bytes(8)).toString('hex')}`;
    const run = new ActiveRun({
      clock,
      random,
      observer,
      engine,
      experience,
      nextCall,
      openList,
      lease,
      settings: {
        runId,
        coordinator: server,
        workflow,
        input: request.input,
        timeoutMs: request.timeoutMs ?? runTimeoutMsDefault,
        looksBare: request.looksBare,
        wallOffsetMs: clock.wallMs() - clock.nowMs(),
        random: random.fork(runId),
        leaseMs: this.#options.leaseMs,
        fusion: this.#options.fusionOf?.(workflow, request.seats),
        codec,
      },
      name: request.name,
      owner: request.identity,
      trace: new RunTrace(request, { runId, coordinator: server }),
      isDetached: request.isDetached,
      onSettled: () => this.#onSettled(runId),
    });
    this.#runs.set(runId, run);
    this.#count(run.owner, 1);
    return run;
  }

  #onSettled(runId: string): void {
    const run = this.#runs.get(runId);
    const bytes = run?.bytes ?? 0;
    this.#settledBytes += bytes;
    this.#count(run?.owner, -1);
    const cancelForgetting = this.#options.clock.schedule(settledMs, () => this.#forget(runId));
    this.#settled.set(runId, { cancelForgetting, bytes });
    for (const oldest of this.#settled.keys()) {
      const isMuch = this.#settled.size > settledMax || this.#settledBytes > settledBytesMax;
      if (!isMuch || oldest === runId) break;
      this.#forget(oldest);
    }
    if (this.active > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  #activeOf(owner: string): number {
    return this.#active.get(owner) ?? 0;
  }

  #count(owner: string | undefined, change: 1 | -1): void {
    if (owner === undefined) return;
    const active = this.#activeOf(owner) + change;
    if (active > 0) this.#active.set(owner, active);
    else this.#active.delete(owner);
  }

  #forget(runId: string): void {
    const settled = this.#settled.get(runId);
    settled?.cancelForgetting();
    this.#settledBytes -= settled?.bytes ?? 0;
    this.#settled.delete(runId);
    this.#runs.delete(runId);
  }
}
