/**
 * The processes of one mesh: started, told what to do, listened to, measured from outside, ended.
 *
 * Members are compiled first: 100 processes that load TypeScript would take all the time and memory there is.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Order, Report } from './main-member.ts';
import type { Opinion, Place } from './member.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const built = here('../../../.cache/bench/mesh/');
const sources = ['main-member', 'heddle-member', 'moleculer-member'];
const joinMs = 120_000;

/** Makes the JavaScript of the members' program; `heddle` in it is the built package. */
export function buildMembers(): void {
  mkdirSync(built, { recursive: true });
  for (const name of sources) {
    const { outputText } = ts.transpileModule(readFileSync(here(`${name}.ts`), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    writeFileSync(`${built}${name}.js`, outputText);
  }
}

export type MeshName = 'heddle' | 'moleculer';

/** What the members have said, by member. Times are milliseconds of the machine's monotonic clock. */
export interface Said {
  readonly opinions: { readonly by: string; readonly about: string; readonly opinion: Opinion; readonly atMs: number }[];
  readonly known: Map<string, Map<string, number>>;
}

/** The machine's monotonic clock. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class CrewMember {
  readonly name: string;
  address = '';
  readonly #child: ChildProcess;
  readonly #waiting = new Map<Report['kind'], (report: Report) => void>();

  constructor(whose: MeshName, place: Place, options: { readonly before: readonly string[]; readonly onReport: (report: Report) => void }) {
    this.name = place.name;
    const [command = '', ...args] = [...options.before, process.execPath, `${built}main-member.js`];
    this.#child = spawn(command, [...args, whose, JSON.stringify(place), here('../peers/package.json')], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('error', () => {});
    this.#child.on('message', (report: Report) => {
      options.onReport(report);
      const settle = this.#waiting.get(report.kind);
      this.#waiting.delete(report.kind);
      settle?.(report);
    });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The next report of a kind. Rejects when there is none in time, or the member could not join. */
  async next<K extends Report['kind']>(kind: K): Promise<Extract<Report, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} has not ${kind} within ${joinMs} ms`)), joinMs);
      this.#waiting.set(kind, (report) => {
        clearTimeout(timer);
        resolve(report as Extract<Report, { kind: K }>); // it is kept under its own kind
      });
      this.#waiting.set('failed', (report) => {
        clearTimeout(timer);
        reject(new Error(report.kind === 'failed' ? report.message : 'failed'));
      });
    });
  }

  /** What it has seen so far. */
  count(): Promise<Extract<Report, { kind: 'counted' }>> {
    const counted = this.next('counted');
    this.tell({ kind: 'count' });
    return counted;
  }

  /** Bytes written to sockets and pipes, and processor time, since it began. Linux only; undefined elsewhere. */
  usage(): { readonly bytes: number; readonly cpuMs: number; readonly residentBytes: number } | undefined {
    try {
      const io = readFileSync(`/proc/${this.#child.pid}/io`, 'utf8');
      const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      // Fields 14, 15 and 24 of proc(5): user and system time in ticks of 10 ms, resident pages of 4 KiB.
      const [user, system, pages] = [stat[11], stat[12], stat[21]].map(Number);
      return {
        bytes: Number(/wchar: (\d+)/.exec(io)?.[1]),
        cpuMs: ((user ?? 0) + (system ?? 0)) * 10,
        residentBytes: (pages ?? 0) * 4096,
      };
    } catch {
      return undefined;
    }
  }

  async end(): Promise<void> {
    if (this.hasEnded) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
