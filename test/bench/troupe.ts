/**
 * The processes of one contestant: started in order, asked to drive, ended together.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './actor.ts';
import { type ContestantName, contestants } from './contestants.ts';
import type { Load, Measured } from './load.ts';

const actor = fileURLToPath(new URL('actor.ts', import.meta.url));
const built = new URL('built.ts', import.meta.url).href;
const readyMs = 30_000;
const stopMs = 5_000;

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
  async drive(load: Load): Promise<Measured & { readonly cpuMicros: number }> {
    const caller = this.#actors.at(-1);
    if (!caller) throw new Error(`${this.name} was not started`);
    const before = await this.#cpuMicros();
    const report = await ask(caller, { kind: 'drive', load }, load.durationMs + readyMs);
    if (report.kind !== 'measured') throw new Error(report.kind === 'failed' ? report.message : 'no measurement');
    const { measured } = report;
    return { ...measured, cpuMicros: ((await this.#cpuMicros()) - before) / measured.calls };
  }

  async #cpuMicros(): Promise<number> {
    const reports = await Promise.all(this.#actors.map((child) => ask(child, { kind: 'cpu' }, readyMs)));
    return reports.reduce((sum, report) => sum + (report.kind === 'cpu' ? report.micros : 0), 0);
  }

  /** Ends every process, the calling one first; one that does not end is killed. */
  async stop(): Promise<void> {
    for (const child of this.#actors.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      if (child.connected) child.send({ kind: 'stop' } satisfies Order);
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
