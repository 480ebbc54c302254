/**
 * How links to other members come to be: whom we dial, and who dials us. Whether a greeting is accepted is the machine's word;
 * here its bytes are read, the certificate is held against the name, and the link is opened in the turn in which it was accepted.
 */

import { type Deferred, deferred } from '../../base/deferred.ts';
import type { DialOutcome, LinkEvidence, MeshEffect, MeshInput } from '../../core/gossip/io.ts';
import type { Hello, HelloAck } from '../../core/gossip/message.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import type { Answer, Arrival, Dialled, Evidence, Link } from '../../transport/transport.ts';
import { decodeAck, decodeHello, encodeAck, encodeHello } from '../../wire/mesh-hello.ts';
import { checkGreeter } from '../link/certified-name.ts';
import type { MeshLinks } from './mesh-links.ts';
import type { MeshOptions } from './mesh-port.ts';

export interface GreetingsOptions {
  readonly mesh: Pick<MeshOptions, 'name' | 'ports' | 'observe'>;
  readonly links: MeshLinks;
  readonly feed: (input: MeshInput) => void;
  /** A dial ended in doubt about who is who. */
  readonly doubted: (address: string, error: HeddleErrorOf<'unauthenticated'>) => void;
}

interface PendingArrival {
  readonly arrival: Arrival;
  readonly hello: Hello;
  readonly answer: Deferred<Answer>;
}

const evidences: readonly Evidence[] = ['refused', 'silent', 'stalled', 'reset', 'unresolved', 'local', 'remote'];

export class Greetings {
  readonly #options: GreetingsOptions;
  readonly #arrivals = new Map<number, PendingArrival>();

  constructor(options: GreetingsOptions) {
    this.#options = options;
  }

  /** Somebody dialled us: the machine is asked, and `answer` says what it said. Rejects with `unauthenticated`. */
  accept(arrival: Arrival): Promise<Answer> {
    const { mesh, links, feed } = this.#options;
    const answer = deferred<Answer>();
    try {
      const hello = decodeHello(arrival.hello);
      checkGreeter(arrival.link, hello, mesh.name);
      const link = links.reserve();
      this.#arrivals.set(link, { arrival, hello, answer });
      feed({ kind: 'greeted', link, hello });
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      if (HeddleError.is(error, 'unauthenticated')) answer.reject(this.#strangerGreets(arrival.link, error));
      else answer.resolve({ isAccepted: false, ack: new Uint8Array() });
    }
    return answer.promise;
  }

  /** The machine has decided about somebody who dialled us. */
  answer(link: number, ack: HelloAck): void {
    const pending = this.#arrivals.get(link);
    if (!pending) return;
    this.#arrivals.delete(link);
    const { arrival, hello, answer } = pending;
    const isAccepted = ack.refusal === undefined;
    const { name, instance, url } = hello;
    if (isAccepted) this.#options.links.open(link, arrival.link, { name, instance, url, isDialler: false });
    answer.resolve({ isAccepted, ack: encodeAck(ack) });
  }

  /** Dials, and tells the machine what came of it. */
  async dial({ dial, address, hello, timeoutMs }: MeshEffect & { kind: 'dial' }): Promise<void> {
    const { mesh, feed } = this.#options;
    let outcome: DialOutcome;
    try {
      outcome = this.#dialled(await mesh.ports.dial(address, encodeHello(hello), timeoutMs), address);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      if (HeddleError.is(error, 'unauthenticated')) this.#doubted(address, error);
      outcome = { kind: 'failed', evidence: evidenceOf(error) };
    }
    feed({ kind: 'dialled', dial, outcome });
  }

  /** Opens the link in the turn in which it was handed over. */
  #dialled({ ack: bytes, isAccepted, link }: Dialled, address: string): DialOutcome {
    const { links } = this.#options;
    let ack: HelloAck;
    try {
      ack = decodeAck(bytes);
      checkGreeter(link, ack, address);
    } catch (error) {
      if (isAccepted) link.close();
      throw HeddleError.is(error, 'unauthenticated') ? new HeddleError('unauthenticated', { ...error.detail, byUs: true }) : error;
    }
    if (!isAccepted) return { kind: 'answered', ack };
    const id = links.reserve();
    const { name, instance, url } = ack;
    links.open(id, link, { name, instance, url, isDialler: true });
    return { kind: 'answered', ack, link: id };
  }

  /** Somebody who dialled says a name that is not theirs. */
  #strangerGreets({ remoteAddress }: Link, error: HeddleErrorOf<'unauthenticated'>): HeddleError {
    const message = error.detail.why;
    this.#options.mesh.observe?.({ kind: 'greeting.refused', address: remoteAddress, code: 'unauthenticated', byUs: true, message });
    return error;
  }

  /** A server that was dialled does not believe who this is, or the other way round. */
  #doubted(address: string, error: HeddleErrorOf<'unauthenticated'>): void {
    this.#options.doubted(address, error);
    const { why: message, byUs = false } = error.detail;
    this.#options.mesh.observe?.({ kind: 'greeting.refused', address, code: 'unauthenticated', byUs, message });
  }
}

function evidenceOf(error: HeddleError): LinkEvidence {
  // It answers the network, and not the mesh.
  if (error.code === 'protocol_error') return 'stalled';
  if (error.code === 'unauthenticated') return error.detail.byUs === true ? 'untrusted' : 'unwelcome';
  const told = error.code === 'unreachable' ? evidences.find((evidence) => evidence === error.detail.evidence) : undefined;
  return told ?? 'silent';
}
