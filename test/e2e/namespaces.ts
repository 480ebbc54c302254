/**
 * Hosts of a small network on one machine: Linux network namespaces around a bridge, with addresses of their own.
 *
 * N1 what is dropped is dropped as on a wire: no reset, no refusal, handshakes included.
 * N2 nothing outside of these namespaces is touched, and they are gone after `close`.
 * N3 packets are lost by chance as they arrive (nftables, which kernels have more often than netem): TCP sends them again.
 * It takes root and the `ip` command, for N3 `nft`; `whyNoNamespaces` and `whyNoLoss` say what is missing.
 */

import { spawnSync } from 'node:child_process';

/** What runs outside of every host, on the bridge itself. */
const hub = 'hub';
/** A neighbour that nobody is: what is sent there is lost. */
const nobody = '02:00:00:00:00:fe';

/** Why there can be no namespaces here; undefined where there can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `heddle-${process.pid}-try`;
  const { error, status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (error) return `the ip command cannot be run (${error.message})`;
  if (status !== 0) return `no namespace can be made (${stderr.trim()})`;
  spawnSync('ip', ['netns', 'del', name]);
  return undefined;
}

/** Why no packets can be lost by chance on these hosts; undefined where they can. */
export function whyNoLoss(): string | undefined {
  const missing = whyNoNamespaces();
  if (missing !== undefined) return missing;
  const { error } = spawnSync('nft', ['--version']);
  return error && `the nft command cannot be run (${error.message})`;
}

export class Namespaces {
  readonly #prefix: string;
  readonly #hosts = new Map<string, { readonly address: string; readonly port: string }>();

  /** Hosts of these names, at most 200; `hub` is there as well. Throws what `ip` said. */
  constructor(prefix: string, names: readonly string[]) {
    this.#prefix = `heddle-${process.pid}-${prefix}`;
    try {
      this.#add(hub);
      this.#in(hub, 'link', 'add', 'br0', 'type', 'bridge');
      this.#in(hub, 'addr', 'add', `${this.addressOf(hub)}/24`, 'dev', 'br0');
      this.#in(hub, 'link', 'set', 'br0', 'up');
      for (const name of names) this.#addHost(name);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  addressOf(name: string): string {
    return name === hub ? '10.77.0.1' : this.#host(name).address;
  }

  /** The words before a command that is to run on that host. */
  on(name: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#space(name)];
  }

  /** The host loses power: from now on every packet from and to it is lost. */
  powerOff(name: string): void {
    this.#in(hub, 'link', 'set', this.#host(name).port, 'down');
  }

  powerOn(name: string): void {
    this.#in(hub, 'link', 'set', this.#host(name).port, 'up');
  }

  /** Every packet between two hosts is lost, both ways. */
  cut(one: string, other: string): void {
    this.silence(one, other);
    this.silence(other, one);
  }

  /** Every packet that `from` sends to `to` is lost. */
  silence(from: string, to: string): void {
    this.#in(from, 'neigh', 'replace', this.addressOf(to), 'lladdr', nobody, 'dev', 'eth0', 'nud', 'permanent');
  }

  /** Ends the connections that two hosts have with each other, as a restarted firewall does. */
  reset(one: string, other: string): void {
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      spawnSync('ip', ['netns', 'exec', this.#space(here), 'ss', '-K', 'dst', this.addressOf(there)]);
    }
  }

  /** Ends `cut` and `silence`. */
  heal(one: string, other: string): void {
    this.#try(one, 'neigh', 'del', this.addressOf(other), 'dev', 'eth0');
    this.#try(other, 'neigh', 'del', this.addressOf(one), 'dev', 'eth0');
  }

  /** From now on this share of the packets that reach a host is lost, by chance; none for 0. */
  lose(name: string, share: number): void {
    const rule = `add rule inet loss in numgen random mod 1000 < ${Math.round(1_000 * share)} drop`;
    const chain = 'add table inet loss; flush table inet loss; add chain inet loss in { type filter hook input priority 0; }';
    run('ip', [...this.on(name).slice(1), 'nft', share === 0 ? chain : `${chain}; ${rule}`]);
  }

  close(): void {
    for (const name of [...this.#hosts.keys(), hub]) spawnSync('ip', ['netns', 'del', this.#space(name)]);
  }

  #addHost(name: string): void {
    const number = this.#hosts.size + 2;
    const port = `v${number}`;
    this.#add(name);
    this.#hosts.set(name, { address: `10.77.0.${number}`, port });
    this.#in(hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#space(name));
    this.#in(hub, 'link', 'set', port, 'master', 'br0', 'up');
    this.#in(name, 'addr', 'add', `${this.addressOf(name)}/24`, 'dev', 'eth0');
    this.#in(name, 'link', 'set', 'eth0', 'up');
  }

  #add(name: string): void {
    run('ip', ['netns', 'add', this.#space(name)]);
    this.#in(name, 'link', 'set', 'lo', 'up');
  }

  #in(name: string, ...args: readonly string[]): void {
    run('ip', ['-n', this.#space(name), ...args]);
  }

  #try(name: string, ...args: readonly string[]): void {
    spawnSync('ip', ['-n', this.#space(name), ...args]);
  }

  #space(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  #host(name: string): { readonly address: string; readonly port: string } {
    const host = this.#hosts.get(name);
    if (!host) throw new Error(`there is no host ${name}`);
    return host;
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`);
}
