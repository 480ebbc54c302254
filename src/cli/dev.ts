/**
 * `heddle dev`: several server processes of one fabric in one terminal.
 *
 * D1 each is a process of its own, as in production, and runs `heddle serve`. D2 the first takes port 7420 when it is
 *    free, so that the other commands find it unasked. D3 the first Ctrl-C drains all, the second stops all; none
 *    outlives this process, however it ends (they listen to the channel to it). D4 the first serves the dashboard, at port 7480
 *    when it is free.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ExitCode, exitCodes, UsageError } from './exit-code.ts';
import { aborted, listenForInterrupts } from './interrupts.ts';
import { type Terminal, table } from './terminal.ts';

export interface DevFlags {
  readonly servers: number;
}

interface Plan {
  readonly name: string;
  readonly resources: readonly string[];
  readonly modules: readonly string[];
}

/** Ports that the first server tries. */
const firstPorts = '7420-7479';
/** And its dashboard. */
const withDashboard = { HEDDLE_SERVER_DASHBOARD: 'true', HEDDLE_DASHBOARD_PORT: '7480-7579' };
const quickstartModule = fileURLToPath(new URL('../../examples/quickstart/functions.ts', import.meta.url));
/** What the quickstart's workflow needs; spread over the servers. */
const quickstartResources = ['db', 'gpu', 'cpu'];

export async function dev(terminal: Terminal, modules: readonly string[], { servers }: DevFlags): Promise<ExitCode> {
  const plans = planServers(modules, servers);
  const interrupts = listenForInterrupts();
  const children: DevServer[] = [];
  const add = (plan: Plan, join?: string): DevServer => {
    const child = new DevServer(terminal, plan, join);
    children.push(child);
    return child;
  };
  const stopping = aborted(interrupts.first).then(() => terminal.note('draining all; once more (Ctrl-C) stops at once'));
  const passOn = (): void => {
    for (const child of children) child.interrupt();
  };
  interrupts.first.addEventListener('abort', passOn);
  interrupts.second.addEventListener('abort', passOn);
  try {
    const [first, ...others] = plans;
    if (!first) throw new UsageError('--servers must be at least 1');
    const url = await Promise.race([add(first).url, stopping]);
    const urls = url === undefined ? undefined : await Promise.race([Promise.all(others.map((plan) => add(plan, url).url)), stopping]);
    if (url !== undefined && urls) {
      const [{ dashboardUrl } = { dashboardUrl: undefined }] = children;
      if (dashboardUrl !== undefined) terminal.out(`HEDDLE_DASHBOARD_URL=${dashboardUrl}`);
      welcome(terminal, plans, [url, ...urls]);
    }
    const codes = await Promise.all(children.map((child) => child.ended));
    return interrupts.second.aborted ? exitCodes.interrupted : codes.some((code) => code !== 0) ? exitCodes.failed : exitCodes.done;
  } finally {
    for (const child of children) child.kill();
    interrupts.release();
  }
}

/** Names, resources and modules of the servers. Throws UsageError. */
export function planServers(modules: readonly string[], servers: number): readonly Plan[] {
  if (modules.length === 0 && !existsSync(quickstartModule)) throw new UsageError('say which modules to serve: heddle dev functions.ts');
  const spread = modules.length === 0 ? quickstartResources : [];
  return Array.from({ length: servers }, (_, index) => ({
    name: `dev-${index + 1}`,
    resources: spread.filter((_resource, at) => at % servers === index % spread.length),
    modules: modules.length === 0 ? [quickstartModule] : modules,
  }));
}

function welcome(terminal: Terminal, plans: readonly Plan[], urls: readonly string[]): void {
  terminal.out(`HEDDLE_URL=${urls[0]}`);
  terminal.note(
    table([['NAME', 'URL', 'RESOURCES'], ...plans.map(({ name, resources }, at) => [name, urls[at] ?? '', resources.join(', ')])]),
  );
  terminal.note('one fabric; try `heddle members` in a second terminal, or open its dashboard. Ctrl-C drains.');
}

/** One server process. */
class DevServer {
  /** Rejects when the process ends before it listens. */
  readonly url: Promise<string>;
  /** Where its dashboard is, if it serves one; told before its url. */
  dashboardUrl: string | undefined;
  /** Its exit code. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;

  constructor(terminal: Terminal, { name, resources, modules }: Plan, join: string | undefined) {
    const flags = ['--name', name, '--port', join === undefined ? firstPorts : 'auto', ...(join === undefined ? [] : ['--join', join])];
    const tags = resources.length === 0 ? [] : ['--resource', ...resources];
    const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'main.ts' : 'main.js', import.meta.url));
    // Detached: Ctrl-C reaches this process alone, which passes it on once.
    this.#child = spawn(process.execPath, [...process.execArgv, main, 'serve', ...modules, ...flags, ...tags], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...(join === undefined ? withDashboard : {}), ...process.env },
    });
    this.ended = new Promise((resolve) => this.#child.on('exit', (code) => resolve(code ?? exitCodes.failed)));
    this.url = new Promise((resolve, reject) => {
      eachLine(this.#child.stdout, (line) => {
        if (line.startsWith('HEDDLE_DASHBOARD_URL=')) this.dashboardUrl = line.slice('HEDDLE_DASHBOARD_URL='.length);
        if (line.startsWith('HEDDLE_URL=')) resolve(line.slice('HEDDLE_URL='.length));
      });
      void this.ended.then((code) => reject(new UsageError(`${name} ended with exit code ${code} before it listened`)));
    });
    this.url.catch(() => {}); // whoever waits for it hears it; after a Ctrl-C nobody does
    eachLine(this.#child.stderr, (line) => terminal.note(`${name} | ${line}`));
  }

  interrupt(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
  }
}

function eachLine(from: Readable | null, hear: (line: string) => void): void {
  if (from) createInterface({ input: from }).on('line', hear);
}
