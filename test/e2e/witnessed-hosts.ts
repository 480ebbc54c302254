/**
 * Servers on hosts of their own (namespaces.ts), and a witness on the hub that follows what each of them thinks of the others while
 * c calls a and b.
 */

import { builtModule } from './built-module.ts';
import { Namespaces } from './namespaces.ts';
import { functionsModule, type ServerProcess, type Spawned, Stage } from './processes.ts';

export class WitnessedHosts {
  readonly namespaces: Namespaces;
  readonly #names: readonly string[];
  readonly #stage = new Stage();
  readonly #servers = new Map<string, ServerProcess>();
  #witness: Spawned | undefined;

  /** `label` tells the namespaces of one suite from those of another. */
  constructor(label: string, names: readonly string[]) {
    this.#names = names;
    this.namespaces = new Namespaces(label, names);
  }

  /** What the witness has seen, and will. */
  get witness(): Spawned {
    if (!this.#witness) throw new Error('the witness has not been started');
    return this.#witness;
  }

  /** Resolves when all are alive to one another. */
  async start(): Promise<void> {
    const names = this.#names;
    const [first = '', ...others] = names;
    const { url } = await this.#serve(first);
    await Promise.all(others.map((name) => this.#serve(name, url)));
    const places = names.map((name) => `${name}=${this.#servers.get(name)?.url}`);
    this.#witness = this.#stage.runAfter(this.namespaces.on('hub'), builtModule('witness.ts'), ...places, 'c>a', 'c>b');
    await Promise.all(names.flatMap((by) => names.map((about) => this.witness.line(new RegExp(` ${by} holds ${about} for alive`)))));
  }

  async stop(): Promise<void> {
    const all: Spawned[] = Array.from(this.#servers.values(), ({ process }) => process);
    if (this.#witness) all.push(this.#witness);
    await Promise.all(all.map((process) => process.kill('SIGKILL')));
    this.namespaces.close();
  }

  /** The last thing that the witness has seen one think of another. */
  opinion(by: string, about: string): string | undefined {
    return this.witness.lines.findLast((line) => line.includes(` ${by} holds ${about} for `))?.split(' for ')[1];
  }

  /** Who has said of whom that it died. */
  burials(): readonly string[] {
    return [...this.#servers].flatMap(([by, { process }]) =>
      process.errors.filter((line) => / died$/.test(line)).map((line) => `${by}: ${line}`),
    );
  }

  async #serve(name: string, ...join: readonly string[]): Promise<ServerProcess> {
    const { namespaces } = this;
    const settings = await this.#stage.file(`${name}.toml`, `[server]\nhost = "${namespaces.addressOf(name)}"\ninsecure = true\n`);
    const args = ['--settings', settings, functionsModule, ...(join.length === 0 ? [] : ['--join', ...join])];
    const server = await this.#stage.serveAfter(namespaces.on(name), name, ...args);
    this.#servers.set(name, server);
    return server;
  }
}
