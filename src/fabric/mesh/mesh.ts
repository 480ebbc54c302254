/**
 * The mesh of one server: the gossip machine, driven over links that calls share.
 *
 * H1 `start` ends: with the first seed that took us in, or after one round of them; retries go on.
 * H2 listeners are called in the order of the machine's news, never after `finish`.
 * H3 the functions of a member are told once its body is here (mesh-catalog.ts).
 * Decisions belong to core/gossip, bytes to wire/mesh-*.ts, sockets to the transport behind `ports`.
 */

import { unreachable } from '../../base/assert.ts';
import type { CancelTask } from '../../base/clock.ts';
import { type Deferred, deferred, quiet } from '../../base/deferred.ts';
import type { CatalogBody } from '../../core/catalog/offer.ts';
import { Gossip } from '../../core/gossip/gossip.ts';
import type { JoinRefusal, MeshEffect, MeshInput, MeshNews } from '../../core/gossip/io.ts';
import { meshDefaults } from '../../core/gossip/settings.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import { HeddleError } from '../../errors.ts';
import type { Answer, Arrival, Traffic } from '../../transport/transport.ts';
import { encodeBody, hash64, hashBody } from '../../wire/mesh-body.ts';
import { Pump } from '../link/pump.ts';
import { Greetings } from './greetings.ts';
import { MeshCatalog } from './mesh-catalog.ts';
import { MeshLinks } from './mesh-links.ts';
import type { MeshLink, MeshOptions } from './mesh-port.ts';
import { SeedAnswers } from './seed-answers.ts';

/** How long a newcomer waits to hear whether its name is taken, in milliseconds. */
const contestMs = 2_000;

export class Mesh {
  readonly #options: MeshOptions;
  readonly #machine: Gossip;
  readonly #pump: Pump<MeshInput, MeshEffect>;
  readonly #links: MeshLinks;
  readonly #greetings: Greetings;
  readonly #catalog: MeshCatalog;
  readonly #started = deferred<void>();
  readonly #answers: SeedAnswers;
  #spread: Deferred<void> | undefined;
  #cancelContest: CancelTask | undefined;
  #phase: 'idle' | 'starting' | 'running' | 'finished' = 'idle';

  constructor(options: MeshOptions) {
    const { name, instance, cluster, pinUid, url, resources, clock, random } = options;
    this.#options = options;
    this.#answers = new SeedAnswers(cluster);
    this.#machine = new Gossip({
      name,
      instance,
      cluster,
      pinUid,
      url,
      resources,
      hash64,
      hashBody,
      uid: Buffer.from(random.fork('cluster').bytes(16)).toString('hex'),
      epoch: options.epoch ?? 0,
      startedAtMs: clock.nowMs(),
      settings: { ...meshDefaults, ...options.settings },
      random: random.fork('machine'),
      seals: options.seals,
    });
    this.#links = new MeshLinks(options.ports.openLink, (input) => this.#pump.feed(input));
    this.#greetings = new Greetings({
      mesh: options,
      links: this.#links,
      feed: (input) => this.#pump.feed(input),
      doubted: (address, error) => {
        if (this.#phase === 'starting') this.#answers.doubted(address, error);
      },
    });
    this.#catalog = new MeshCatalog({
      listeners: options.listeners,
      findBody: (hash) => this.#machine.findBody(hash),
      reject: (owner, why) => this.#pump.feed({ kind: 'reject', name: owner, why }),
    });
    this.#pump = new Pump({
      machine: this.#machine,
      clock,
      wake: () => [...this.#links.takeHeard(clock.nowMs()), { kind: 'wake' }],
      execute: (effect) => this.#execute(effect),
    });
  }

  /** When its next timer is to run. */
  get dueMs(): number {
    return this.#pump.dueMs;
  }

  /**
   * Joins. Resolves when a first seed has taken us in and its members are known; without seeds, or when all of them are
   * down, at once after the first round (retries go on). Rejects with `name_taken`, `cluster_mismatch` (every seed
   * refused), `version_mismatch` or `unauthenticated`.
   */
  start(): Promise<void> {
    if (this.#phase === 'idle') {
      this.#phase = 'starting';
      void quiet(this.#started.promise);
      this.#pump.feed({ kind: 'start', join: this.#options.join });
    }
    return this.#started.promise;
  }

  /** Decides on an arriving link; the caller returns the answer to the transport. Rejects with `unauthenticated`. */
  accept(arrival: Arrival): Promise<Answer> {
    return this.#greetings.accept(arrival);
  }

  /** Announces the functions of this server: at once, then at most once in 250 ms. Throws `too_large` over a limit. */
  publish(body: CatalogBody): void {
    const bytes = encodeBody(body);
    const bodyHash = body.functions.length === 0 ? '' : hashBody(bytes);
    this.#pump.feed({ kind: 'publish', catalog: { bodyHash, body: bytes } });
  }

  /** Announces `leaving`; resolves when everybody can have heard it. Links and calls go on. */
  leave(): Promise<void> {
    if (this.#spread) return this.#spread.promise;
    this.#spread = deferred();
    if (this.#phase === 'idle' || this.#phase === 'finished') this.#spread.resolve();
    else this.#pump.feed({ kind: 'leave' });
    return this.#spread.promise;
  }

  /** Says `left` and closes every link. Nothing is called after it. */
  finish(): void {
    if (this.#phase === 'finished') return;
    this.#phase = 'finished';
    this.#pump.feed({ kind: 'finish' });
    this.#pump.close();
    this.#cancelContest?.();
    this.#spread?.resolve();
    this.#started.reject(new HeddleError('closed', { what: `the server "${this.#options.name}"` }));
    void quiet(this.#started.promise);
  }

  /** Bytes of its own messages so far. */
  get traffic(): Traffic {
    return this.#links.traffic;
  }

  /** Every member known, self included, by name. Those that left or died are not listed. */
  members(): readonly MemberView[] {
    return this.#machine.views();
  }

  /** A call waits for a link to this server: it is dialled, where there is none. */
  want(server: { readonly name: string; readonly instance: string }): void {
    if (this.#phase !== 'finished') this.#pump.feed({ kind: 'want', name: server.name, instance: server.instance });
  }

  /** The newest open link to an instance, as `openLink` returned it. */
  linkTo(instance: string): MeshLink | undefined {
    return this.#links.to(instance);
  }

  #execute(effect: MeshEffect): void | Promise<void> {
    switch (effect.kind) {
      case 'send':
        return this.#links.send(effect.link, effect.message);
      case 'persist':
        return this.#options.saveEpoch?.(effect.epoch);
      case 'note':
        return this.#options.observe?.(effect.note);
      case 'answer':
        return this.#greetings.answer(effect.link, effect.ack);
      case 'dial':
        void this.#greetings.dial(effect);
        return undefined;
      case 'close':
        return this.#links.close(effect.link, effect.isRetired);
      case 'tell':
        return this.#tell(effect.news);
      default:
        return unreachable(effect);
    }
  }

  #tell(news: MeshNews): void {
    switch (news.kind) {
      case 'changed':
        return this.#phase === 'finished' ? undefined : this.#catalog.changed(news.view);
      case 'gone':
        return this.#phase === 'finished' ? undefined : this.#catalog.gone(news.view);
      case 'body':
        return this.#catalog.body(news.hash);
      case 'joined':
        return this.#hasStarted();
      case 'roundFailed':
        return this.#roundFailed(news.seeds, news.refusals);
      case 'spread':
        return this.#spread?.resolve();
      case 'nameTaken':
        return this.#nameTaken(news.address);
      default:
        return unreachable(news);
    }
  }

  #hasStarted(): void {
    if (this.#phase === 'starting') this.#phase = 'running';
    this.#started.resolve();
  }

  #roundFailed(seeds: number, refusals: readonly JoinRefusal[]): void {
    // Whether the name is really taken is being asked: `joined` or `nameTaken` follows, or the holder is gone.
    if (refusals.some(({ code }) => code === 'name_taken' || code === 'probe')) {
      this.#cancelContest ??= this.#options.clock.schedule(contestMs, () => this.#hasStarted());
      return;
    }
    const error = this.#answers.whyNone(seeds, refusals);
    if (error) this.#started.reject(error);
    else this.#hasStarted();
  }

  #nameTaken(address: string): void {
    const error = new HeddleError('name_taken', { name: this.#options.name, address });
    if (this.#phase === 'starting') this.#started.reject(error);
    else if (this.#phase === 'running') this.#options.listeners.stopped(error);
  }
}
