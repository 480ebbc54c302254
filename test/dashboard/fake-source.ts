/**
 * A fabric that is not there, as a dashboard sees one: so many servers on rings, calls that grow by what a test says, and a record
 * of what was asked.
 */

import type { Clock } from '../../src/base/clock.ts';
import { HeddleError } from '../../src/errors.ts';
import type { Member, Offer } from '../../src/fabric/api/api.ts';
import type { DashboardFollower, DashboardSource } from '../../src/fabric/server/dashboard-port.ts';
import { boundsMs } from '../../src/observe/histogram.ts';
import { Observer } from '../../src/observe/observer.ts';
import type { Vitals } from '../../src/observe/vitals.ts';

export class FakeSource implements DashboardSource {
  readonly name = 'server-0';
  readonly url = '127.0.0.1:7420';
  readonly clock: Clock;
  readonly observer = new Observer();
  readonly asked: string[] = [];
  readonly followers = new Set<DashboardFollower>();
  servers: number;
  calls = 0;

  constructor(clock: Clock, servers: number) {
    this.clock = clock;
    this.servers = servers;
  }

  members(): readonly Member[] {
    return Array.from({ length: this.servers }, (_, at) => ({
      name: `server-${at}`,
      url: `127.0.0.1:${7420 + at}`,
      status: at % 67 === 66 ? 'suspect' : 'alive',
      epoch: 1,
      resources: at % 3 === 0 ? ['gpu'] : [`zone=${at % 5}`],
      evidence: [],
    }));
  }

  offers(): readonly Offer[] {
    this.asked.push('offers');
    return this.members().flatMap(({ name: server, resources }) =>
      ['image.resize', 'rows.scan'].map(
        (name) => ({ function: name, version: '1.0.0', server, resources, effect: 'pure', kind: 'call' }) as const,
      ),
    );
  }

  vitals(): Vitals {
    this.asked.push('vitals');
    return this.vitalsOf(0);
  }

  vitalsElsewhere(): Promise<readonly Vitals[]> {
    this.asked.push('elsewhere');
    return Promise.resolve(Array.from({ length: this.servers - 1 }, (_, at) => this.vitalsOf(at + 1)));
  }

  runs(): Promise<[]> {
    this.asked.push('runs');
    return Promise.resolve([]);
  }

  describeRun(runId: string): Promise<never> {
    return Promise.reject(new HeddleError('unknown_run', { runId }));
  }

  cancelRun(runId: string): Promise<never> {
    return Promise.reject(new HeddleError('unknown_run', { runId }));
  }

  followRun(runId: string, follower: DashboardFollower): () => void {
    this.followers.add(follower);
    follower.onFailure(new HeddleError('unknown_run', { runId }));
    return () => this.followers.delete(follower);
  }

  call(name: string, args: readonly unknown[]): Promise<unknown> {
    this.asked.push(`call ${name} ${JSON.stringify(args)}`);
    return Promise.resolve(args);
  }

  async *stream(): AsyncGenerator<unknown> {
    for (let at = 0; at < 1_000; at += 1) yield at;
  }

  submit(): Promise<string> {
    return Promise.resolve('server-0~abc~1');
  }

  explain(): Promise<{ readonly steps: [] }> {
    return Promise.resolve({ steps: [] });
  }

  /** Of one server: every one is linked to the next eight. */
  vitalsOf(at: number): Vitals {
    const totals = { count: this.calls, failed: 0, buckets: boundsMs.map((_, bucket) => (bucket === 3 ? this.calls : 0)) };
    return {
      server: `server-${at}`,
      instance: `instance-${at}`,
      atMs: this.clock.wallMs(),
      countedSinceMs: 1,
      isDraining: false,
      isOverloaded: false,
      served: totals,
      inFlight: at % 4,
      sent: 0,
      functions: [{ function: 'image.resize', inFlight: 0, waiting: 0, ...totals }],
      links: [1, 2, 3, 5].map((step) => ({
        server: `server-${(at + step) % this.servers}`,
        roundTripMs: 0.3 + step,
        inFlight: 0,
        incoming: 0,
        sentBytes: this.calls * 100,
        receivedBytes: this.calls * 50,
      })),
      sessions: 1,
      breakers: at === 7 ? [{ server: 'server-9', function: 'rows.scan', state: 'open', opensForMs: 4_000 }] : [],
      members: { alive: this.servers },
      gossip: { sentBytes: 0, receivedBytes: 0 },
      runs: 0,
      results: { values: 0, bytes: 0, memoryBytes: 0 },
    };
  }
}
