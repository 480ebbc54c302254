/**
 * Who is let in: links of other servers go to the mesh, sessions of clients are greeted here, requests of
 * foreign clients are translated.
 */

import type { Clock } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type {
  Acceptor,
  Answer,
  Arrival,
  ForeignQuestion,
  ForeignRequest,
  ForeignStream,
  PeerCertificate,
  RefusedPeer,
} from '../../transport/transport.ts';
import { toWireError } from '../../wire/error.ts';
import { encodeForeignError } from '../../wire/foreign.ts';
import type { SessionAck } from '../../wire/frame.ts';
import { describeFabric } from '../../wire/proto-files.ts';
import { decodeSessionHello, encodeSessionAck, protocolMax } from '../../wire/session-codec.ts';
import type { ForeignEntry } from '../foreign/foreign.ts';
import type { Gate } from '../link/gate.ts';
import { clientProof, type Proof } from '../link/proof.ts';
import { Term } from '../link/term.ts';
import type { Links } from '../mesh/links.ts';
import { clientOf } from './client-greeting.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import type { JoinDoor } from './join-door.ts';

export interface ReceptionOptions {
  readonly identity: { readonly name: string; readonly instance: string };
  readonly cluster: string;
  readonly links: Links;
  readonly doorkeeper: Doorkeeper;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly foreign: ForeignEntry;
  /** Set where this server shares. */
  readonly joinDoor: JoinDoor | undefined;
  readonly acceptLink: (arrival: Arrival) => Promise<Answer>;
  /** Addresses that a client may use instead of this server. */
  readonly addresses: () => readonly string[];
  /** Set while nobody is let in. */
  readonly refusal: () => HeddleError | undefined;
}

/** Somebody who was let in. */
interface Entered {
  readonly proof: Proof;
  /** `Identity.text`. */
  readonly asker: string;
  readonly leave: () => void;
}

export class Reception implements Acceptor {
  readonly #options: ReceptionOptions;
  readonly join: Acceptor['join'];

  constructor(options: ReceptionOptions) {
    this.#options = options;
    const { joinDoor } = options;
    this.join = joinDoor && ((message, address) => joinDoor.answer(message, address));
  }

  accept(arrival: Arrival): Promise<Answer> | Answer {
    return arrival.link.kind === 'link' ? this.#options.acceptLink(arrival) : this.#acceptSession(arrival);
  }

  async ask(question: ForeignQuestion, request: ForeignRequest): Promise<Uint8Array> {
    const { asker, leave } = await this.#enter(question, request);
    try {
      return await this.#options.foreign.ask(question, request, asker);
    } finally {
      leave();
    }
  }

  async *follow(stream: ForeignStream, request: ForeignRequest): AsyncIterable<Uint8Array> {
    const { proof, asker, leave } = await this.#enter(stream, request);
    const { foreign, gate, clock } = this.#options;
    const follow = (signal: AbortSignal): AsyncIterable<Uint8Array> => foreign.follow(stream, { ...request, signal }, asker);
    const error = (): HeddleError => gate.outlived(asker, { verb: 'watch', name: '', peer: request.remoteAddress });
    try {
      // What calls or submits is let in once, as a call is; a watch has no end of its own.
      yield* stream === 'watch' ? new Term({ proof, clock, error }).during(request.signal, follow) : follow(request.signal);
    } finally {
      leave();
    }
  }

  refused({ remoteAddress, reason, why }: RefusedPeer): void {
    this.#options.observer.emit({ kind: 'peer.refused', address: remoteAddress, reason, why });
  }

  dropped({ remoteAddress, why }: { readonly remoteAddress: string; readonly why: string }): void {
    this.#options.observer.emit({ kind: 'peer.dropped', address: remoteAddress, why });
  }

  mayLookInside(certificate: PeerCertificate | undefined): boolean {
    const { gate, identity } = this.#options;
    const asker = clientProof(certificate).identity.text;
    return gate.refusal(asker, { verb: 'observe', name: identity.name, peer: 'the admin listener' }) === undefined;
  }

  describe(): readonly Uint8Array[] {
    return describeFabric();
  }

  encodeError(error: HeddleError): Uint8Array {
    return encodeForeignError(error);
  }

  /** Who asks, and a place for it until it leaves. Rejects with `unauthenticated` and `overloaded`. */
  async #enter(what: string, request: ForeignRequest): Promise<Entered> {
    const proof = await this.#admit(what, request);
    const account = this.#options.links.accounts.of(proof, request.remoteAddress);
    account.enter(what);
    account.holds(request.message.length);
    const leave = (): void => {
      account.holds(-request.message.length);
      account.left();
    };
    return { proof, asker: proof.identity.text, leave };
  }

  /** Tokens that are not good are paid for by their address. */
  async #admit(what: string, { certificate, authorization, remoteAddress: address }: ForeignRequest): Promise<Proof> {
    const { links, doorkeeper } = this.#options;
    const doubtful = links.accounts.ofDoubtful(address);
    if (authorization !== undefined) doubtful.checkRoom(what);
    try {
      return await doorkeeper.admitBearer({ certificate, authorization, address });
    } catch (error) {
      doubtful.entered();
      doubtful.left();
      throw error;
    }
  }

  #acceptSession({ link, hello }: Arrival): Answer | Promise<Answer> {
    try {
      const { token } = decodeSessionHello(hello);
      const proof = this.#options.doorkeeper.admit({ certificate: link.certificate, token, address: link.remoteAddress });
      if (!(proof instanceof Promise)) return this.#welcome({ link, hello }, proof);
      return proof.then(
        (known) => this.#welcome({ link, hello }, known),
        (error: unknown) => this.#turnAway(error),
      );
    } catch (error) {
      return this.#turnAway(error);
    }
  }

  #turnAway(error: unknown): Answer {
    if (!HeddleError.is(error)) throw error;
    return { isAccepted: false, ack: this.#ack(protocolMax, { refusal: error }) };
  }

  #welcome({ link, hello }: Arrival, proof: Proof): Answer {
    try {
      const refusal = this.#options.refusal();
      if (refusal) throw refusal;
      const client = decodeSessionHello(hello);
      this.#options.links.openSession(link, clientOf(client, proof));
      return {
        isAccepted: true,
        ack: this.#ack(Math.min(client.protocolMax, protocolMax), { proofMs: proof.leftMs(this.#options.clock) }),
      };
    } catch (error) {
      return this.#turnAway(error);
    }
  }

  #ack(protocol: number, { refusal, proofMs }: { readonly refusal?: HeddleError; readonly proofMs?: number | undefined }): Uint8Array {
    const { identity, cluster, addresses } = this.#options;
    const ack: SessionAck = {
      refusal: refusal === undefined ? undefined : toWireError(refusal),
      server: identity.name,
      instance: identity.instance,
      cluster,
      addresses: addresses(),
      protocol,
      proofMs,
    };
    return encodeSessionAck(ack);
  }
}
