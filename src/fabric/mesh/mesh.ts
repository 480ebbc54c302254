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
import type { DialOutcome, JoinRefusal, LinkEvidence, MeshEffect, MeshInput, MeshNews } from '../../core/gossip/io.ts';
import type { Hello, HelloAck } from '../../core/gossip/message.ts';
import { meshDefaults } from '../../core/gossip/settings.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import type { Answer, Arrival, Dialled, Evidence, Link, Traffic } from '../../transport/transport.ts';
import { encodeBody, hash64, hashBody } from '../../wire/mesh-body.ts';
import { decodeAck, decodeHello, encodeAck, encodeHello } from '../../wire/mesh-hello.ts';
import { checkGreeter } from '../link/certified-name.ts';
import { Pump } from '../link/pump.ts';
import { MeshCatalog } from './mesh-catalog.ts';
import { MeshLinks } from './mesh-links.ts';
import type { FabricMesh, MeshLink, MeshOptions } from './mesh-port.ts';
import { SeedAnswers } from './seed-answers.ts';

interface PendingArrival {
  readonly arrival: Arrival;
  readonly hello: Hello;
  readonly answer: Deferred<Answer>;
}

/** How long a newcomer waits to hear whether its name is taken, in milliseconds. */
const contestMs = 2_000;

const evidences: readonly Evidence[] = ['refused', 'silent', 'stalled', 'reset', 'unresolved', 'local', 'remote'];

export class Mesh implements FabricMesh {
  readonly #options: MeshOptions;
  readonly #machine: Gossip;
  readonly #pump: Pump<MeshInput, MeshEffect>;
  readonly #links: MeshLinks;
  readonly #catalog: MeshCatalog;
  readonly #arrivals = new Map<number, PendingArrival>();
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

  start(): Promise<void> {
    if (this.#phase === 'idle') {
      this.#phase = 'starting';
      void quiet(this.#started.promise);
      this.#pump.feed({ kind: 'start', join: this.#options.join });
    }
    return this.#started.promise;
  }

  accept(arrival: Arrival): Promise<Answer> {
    const answer = deferred<Answer>();
    try {
      const hello = decodeHello(arrival.hello);
      checkGreeter(arrival.link, hello, this.#options.name);
      const link = this.#links.reserve();
      this.#arrivals.set(link, { arrival, hello, answer });
      this.#pump.feed({ kind: 'greeted', link, hello });
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      if (HeddleError.is(error, 'unauthenticated')) answer.reject(this.#strangerGreets(arrival.link, error));
      else answer.resolve({ isAccepted: false, ack: new Uint8Array() });
    }
    return answer.promise;
  }

  publish(body: CatalogBody): void {
    const bytes = encodeBody(body);
    const bodyHash = body.functions.length === 0 ? '' : hashBody(bytes);
    this.#pump.feed({ kind: 'publish', catalog: { bodyHash, body: bytes } });
  }

  leave(): Promise<void> {
    if (this.#spread) return this.#spread.promise;
    this.#spread = deferred();
    if (this.#phase === 'idle' || this.#phase === 'finished') this.#spread.resolve();
    else this.#pump.feed({ kind: 'leave' });
    return this.#spread.promise;
  }

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

  members(): readonly MemberView[] {
    return this.#machine.views();
  }

  want(server: { readonly name: string; readonly instance: string }): void {
    if (this.#phase !== 'finished') this.#pump.feed({ kind: 'want', name: server.name, instance: server.instance });
  }

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
        return this.#answer(effect.link, effect.ack);
      case 'dial':
        void this.#dial(effect);
        return undefined;
      case 'close':
        return this.#links.close(effect.link, effect.isRetired);
      case 'tell':
        return this.#tell(effect.news);
      default:
        return unreachable(effect);
    }
  }

  #answer(link: number, ack: HelloAck): void {
    const pending = this.#arrivals.get(link);
    if (!pending) return;
    this.#arrivals.delete(link);
    const { arrival, hello, answer } = pending;
    const isAccepted = ack.refusal === undefined;
    const { name, instance, url } = hello;
    if (isAccepted) this.#links.open(link, arrival.link, { name, instance, url, isDialler: false });
    answer.resolve({ isAccepted, ack: encodeAck(ack) });
  }

  async #dial({ dial, address, hello, timeoutMs }: MeshEffect & { kind: 'dial' }): Promise<void> {
    let outcome: DialOutcome;
    try {
      outcome = this.#dialled(await this.#options.ports.dial(address, encodeHello(hello), timeoutMs), address);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      if (HeddleError.is(error, 'unauthenticated')) this.#doubted(address, error);
      outcome = { kind: 'failed', evidence: evidenceOf(error) };
    }
    this.#pump.feed({ kind: 'dialled', dial, outcome });
  }

  /** Opens the link in the turn in which it was handed over. */
  #dialled({ ack: bytes, isAccepted, link }: Dialled, address: string): DialOutcome {
    let ack: HelloAck;
    try {
      ack = decodeAck(bytes);
      checkGreeter(link, ack, address);
    } catch (error) {
      if (isAccepted) link.close();
      throw HeddleError.is(error, 'unauthenticated') ? new HeddleError('unauthenticated', { ...error.detail, byUs: true }) : error;
    }
    if (!isAccepted) return { kind: 'answered', ack };
    const id = this.#links.reserve();
    const { name, instance, url } = ack;
    this.#links.open(id, link, { name, instance, url, isDialler: true });
    return { kind: 'answered', ack, link: id };
  }

  /** Somebody who dialled says a name that is not theirs. */
  #strangerGreets({ remoteAddress }: Link, error: HeddleErrorOf<'unauthenticated'>): HeddleError {
    const message = error.detail.why;
    this.#options.observe?.({ kind: 'greeting.refused', address: remoteAddress, code: 'unauthenticated', byUs: true, message });
    return error;
  }

  /** A server that was dialled does not believe who this is, or the other way round. */
  #doubted(address: string, error: HeddleErrorOf<'unauthenticated'>): void {
    if (this.#phase === 'starting') this.#answers.doubted(address, error);
    const { why: message, byUs = false } = error.detail;
    this.#options.observe?.({ kind: 'greeting.refused', address, code: 'unauthenticated', byUs, message });
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

function evidenceOf(error: HeddleError): LinkEvidence {
  // It answers the network, and not the mesh.
  if (error.code === 'protocol_error') return 'stalled';
  if (error.code === 'unauthenticated') return error.detail.byUs === true ? 'untrusted' : 'unwelcome';
  const told = error.code === 'unreachable' ? evidences.find((evidence) => evidence === error.detail.evidence) : undefined;
  return told ?? 'silent';
}
