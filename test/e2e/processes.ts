/**
 * Server processes started through the command line, as a user does: each with the lines it printed, awaited as events,
 * and ended by its own id. Everything that is still there after the tests is ended too.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { within } from '../within.ts';
import { builtModule } from './built-module.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const heddle = join(root, 'dist/bundle/main.js');
/** The functions that the end-to-end tests serve. */
export const functionsModule = builtModule('functions.ts');
const lineWaitMs = 30_000;

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process, what it printed, and how it ended. */
export class Spawned {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly finished: Promise<Finished>;
  readonly #child: ChildProcess;
  readonly #onLine = new Set<() => void>();

  /** `node ...`, after the words of `before`. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>>, before: readonly string[] = []) {
    const [command = '', ...rest] = [...before, process.execPath, ...args];
    this.#child = spawn(command, rest, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#collect(this.#child.stdout, this.lines);
    this.#collect(this.#child.stderr, this.errors);
    this.finished = new Promise((resolve) => this.#child.once('close', (code, signal) => resolve({ code, signal })));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with the first line of stdout that matches; rejects when the process ends without it. */
  line(pattern: RegExp): Promise<string> {
    return this.#await(this.lines, pattern);
  }

  /** The same of stderr. */
  said(pattern: RegExp): Promise<string> {
    return this.#await(this.errors, pattern);
  }

  #await(lines: readonly string[], pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = lines.find((line) => pattern.test(line));
        if (found === undefined) return;
        this.#onLine.delete(look);
        clearTimeout(timer);
        resolve(found);
      };
      const fail = (how: string) => reject(new Error(`no line like ${pattern} ${how}:\n${[...this.lines, ...this.errors].join('\n')}`));
      const timer = setTimeout(() => fail(`within ${lineWaitMs} ms`), lineWaitMs);
      void this.finished.then(() => fail('before the process ended'));
      this.#onLine.add(look);
      look();
    });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends a signal that does not end it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async kill(signal: NodeJS.Signals): Promise<Finished> {
    this.#child.kill(signal);
    return this.finished;
  }

  /** Resolves once no process of its group is left: what loads TypeScript ends a moment after the last one it served. */
  async leavesNothingBehind(): Promise<void> {
    await within(`process ${this.pid} has left nothing behind`, 1000, () => !this.#hasGroup());
  }

  #hasGroup(): boolean {
    try {
      return process.kill(-this.pid, 0);
    } catch {
      return false;
    }
  }

  #collect(stream: NodeJS.ReadableStream | null, into: string[]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line);
      for (const listener of this.#onLine) listener();
    });
  }
}

export interface ServerProcess {
  readonly name: string;
  readonly url: string;
  readonly process: Spawned;
}

/** Processes and a folder for one test file; all gone afterwards. */
export class Stage {
  /** Only servers of one file's tests can meet. */
  readonly cluster = `e2e-${randomUUID()}`;
  readonly #all: Spawned[] = [];
  readonly #folder = mkdtemp(join(tmpdir(), 'heddle-e2e-'));

  constructor() {
    afterAll(async () => {
      await Promise.all(this.#all.map((one) => one.kill('SIGKILL')));
      await rm(await this.#folder, { recursive: true, force: true });
    });
  }

  /** `node ...` */
  run(...args: readonly string[]): Spawned {
    return this.runAfter([], ...args);
  }

  /** The same after the words of `before`, which say where or how it is to run. */
  runAfter(before: readonly string[], ...args: readonly string[]): Spawned {
    const spawned = new Spawned(args, { HEDDLE_CLUSTER_NAME: this.cluster }, before);
    this.#all.push(spawned);
    return spawned;
  }

  /** `heddle ...` with more in its environment. */
  heddleWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Spawned {
    const spawned = new Spawned([heddle, ...args], { HEDDLE_CLUSTER_NAME: this.cluster, ...env });
    this.#all.push(spawned);
    return spawned;
  }

  /** `heddle ...` */
  heddle(...args: readonly string[]): Spawned {
    return this.run(heddle, ...args);
  }

  /** `heddle serve --name <name> ...`; resolves once it has said where it listens. */
  async serve(name: string, ...args: readonly string[]): Promise<ServerProcess> {
    return this.serveAfter([], name, ...args);
  }

  /** The same after the words of `before`. */
  async serveAfter(before: readonly string[], name: string, ...args: readonly string[]): Promise<ServerProcess> {
    const process = this.runAfter(before, heddle, 'serve', '--name', name, ...args);
    const line = await process.line(/^HEDDLE_URL=/);
    return { name, process, url: line.slice('HEDDLE_URL='.length) };
  }

  /** Writes a file into the folder of this file's tests; resolves with its path. */
  async file(name: string, text: string): Promise<string> {
    const path = await this.path(name);
    await writeFile(path, text);
    return path;
  }

  /** A path in the folder of this file's tests. */
  async path(name: string): Promise<string> {
    return join(await this.#folder, name);
  }
}
