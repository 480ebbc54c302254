/**
 * The processes of one contestant: started in order, asked to drive, ended together.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './actor.ts';
import { type ContestantName, contestants } from './contestants.ts';
import type { Load, Measured } from './load.ts';
import type { Memory } from './memory.ts';
import type { ProfileKind, Shares } from './profile.ts';

const actor = fileURLToPath(new URL('actor.ts', import.meta.url));
const built = new URL('built.ts', import.meta.url).href;
const readyMs = 120_000;
const stopMs = 5_000;

/** A measurement, and the processor time that a call took in each process, and in all of them. */
export type Driven = Measured & { readonly cpuMicros: number; readonly cpuEachMicros: readonly number[] };

export class Troupe {
  readonly name: ContestantName;
  readonly #actors: ChildProcess[] = [];

  constructor(name: ContestantName) {
    this.name = name;
  }

  /** Starts every process. Rejects when one of them cannot. */
  async start(): Promise<void> {
    const contestant: { between?: readonly unknown[] } = contestants[this.name];
    let address = await this.#add('serve', '', 0);
    for (const place of (contestant.between ?? []).keys()) address = await this.#add('between', address, place);
    await this.#add('open', address, 0);
  }

  /** One measurement, and the processor time that all its processes took for each call. */
  async drive(load: Load): Promise<Driven> {
    const caller = this.#actors.at(-1);
    if (!caller) throw new Error(`${this.name} was not started`);
    const before = await this.#cpuMicros();
    const report = await ask(caller, { kind: 'drive', load }, load.durationMs + readyMs);
    if (report.kind !== 'measured') throw new Error(report.kind === 'failed' ? report.message : 'no measurement');
    const { measured } = report;
    const after = await this.#cpuMicros();
    const cpuEachMicros = after.map((micros, at) => (micros - (before[at] ?? 0)) / measured.calls);
    return { ...measured, cpuEachMicros, cpuMicros: cpuEachMicros.reduce((sum, micros) => sum + micros, 0) };
  }

  /** What each of its processes holds after a collection, in order. */
  async memory(): Promise<readonly Memory[]> {
    const reports = await this.#askAll({ kind: 'memory' });
    return reports.map((report) => (report.kind === 'memory' ? report : { heapBytes: Number.NaN, residentBytes: Number.NaN }));
  }

  /** One measurement while every process is profiled; shares of each process, in order. */
  async profile(load: Load, of: ProfileKind): Promise<{ readonly measured: Measured; readonly shares: readonly Shares[] }> {
    await this.#askAll({ kind: 'profile', of });
    const measured = await this.drive(load);
    const reports = await this.#askAll({ kind: 'profiled' });
    return { measured, shares: reports.map((report) => (report.kind === 'profiled' ? report.shares : {})) };
  }

  #askAll(order: Order): Promise<readonly Report[]> {
    return Promise.all(this.#actors.map((child) => ask(child, order, readyMs)));
  }

  async #cpuMicros(): Promise<readonly number[]> {
    const reports = await this.#askAll({ kind: 'cpu' });
    return reports.map((report) => (report.kind === 'cpu' ? report.micros : 0));
  }

  /** Ends every process, the calling one first; one that does not end is killed. */
  async stop(): Promise<void> {
    for (const child of this.#actors.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      // One that has just died takes no order: what ended it is told by whoever waited for it.
      if (child.connected) child.send({ kind: 'stop' } satisfies Order, () => {});
      await ended;
      clearTimeout(timer);
    }
  }

  async #add(part: string, address: string, place: number): Promise<string> {
    const profile = process.env['BENCH_PROFILE'];
    const execArgv = ['--import', 'tsx', '--import', built, ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])];
    const child = fork(actor, [this.name, part, address, String(place)], { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#actors.push(child);
    const report = await reportOf(child, readyMs);
    if (report.kind !== 'ready') throw new Error(report.kind === 'failed' ? report.message : 'not ready');
    return report.address;
  }
}

function ask(child: ChildProcess, order: Order, withinMs: number): Promise<Report> {
  const answer = reportOf(child, withinMs);
  child.send(order);
  return answer;
}

function reportOf(child: ChildProcess, withinMs: number): Promise<Report> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(new Error(`a process said nothing for ${withinMs} ms`))), withinMs);
    const onMessage = (report: Report): void => settle(() => resolve(report));
    const onExit = (code: number | null): void => settle(() => reject(new Error(`a process ended with code ${code}`)));
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      end();
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
