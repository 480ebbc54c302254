/**
 * Who a client is, when it comes: by its token, by its certificate, or nobody in particular.
 *
 * K1 a token that is shown has to be good, whoever else the client's certificate names.
 * K2 where no rule speaks of nobody in particular, nobody in particular comes in.
 * K3 a token that ends can be followed by one of the same subject, in place; a session stays whose it is.
 */

import type { Clock } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import { describeIdentity } from '../../identity/identity.ts';
import { TokenDoubt, Tokens } from '../../identity/tokens.ts';
import type { Observer } from '../../observe/observer.ts';
import type { PeerCertificate } from '../../transport/transport.ts';
import type { ResolvedTokens } from '../api/identity-options.ts';
import { Gate } from '../link/gate.ts';
import { clientProof, Proof } from '../link/proof.ts';
import type { ResolvedServerOptions } from './server-options.ts';
import type { ServerParts } from './server-parts.ts';

export interface DoorkeeperOptions {
  readonly gate: Gate;
  readonly tokens: ResolvedTokens | undefined;
  readonly cluster: string;
  readonly clock: Clock;
}

/** What somebody shows. `address`: where they come from, for the event. */
export interface Shown {
  readonly certificate: PeerCertificate | undefined;
  readonly token: string | undefined;
  readonly address: string;
}

/** What the metadata `authorization` holds. */
const bearer = /^Bearer +(\S+)$/i;

export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #tokens: Tokens | undefined;

  /** Throws `bad_settings` for keys of tokens that cannot be used. */
  constructor(options: DoorkeeperOptions) {
    const { tokens, cluster, clock } = options;
    this.#options = options;
    this.#tokens = tokens && new Tokens({ ...tokens, audience: cluster, wallMs: () => clock.wallMs() });
  }

  /** At once where there is no token. Throws, or rejects with, `unauthenticated`. */
  admit({ certificate, token, address }: Shown): Proof | Promise<Proof> {
    if (token !== undefined) return this.#verified(token, address);
    const proof = clientProof(certificate);
    if (proof.identity.kind !== 'anonymous' || this.#options.gate.admitsAnonymous) return proof;
    this.#options.gate.turnedAway(address);
    throw this.#options.gate.missing('they are not let in');
  }

  /** The same for a request that shows a token in the metadata or header `authorization`. */
  admitBearer({
    certificate,
    authorization,
    address,
  }: Omit<Shown, 'token'> & { readonly authorization: string | undefined }): Proof | Promise<Proof> {
    if (authorization === undefined) return this.admit({ certificate, token: undefined, address });
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined)
      throw this.#doubt(new TokenDoubt('malformed', 'authorization is "Bearer TOKEN", and nothing else is taken'), address);
    return this.admit({ certificate, token, address });
  }

  /** K3. Rejects with `unauthenticated`. */
  async renew(proof: Proof, token: string, address: string): Promise<void> {
    const fresh = await this.#verified(token, address);
    if (fresh.identity.text !== proof.identity.text) {
      const why = `the session is ${describeIdentity(proof.identity)}'s, and the fresh token is another's: connect again to be somebody else`;
      throw this.#doubt(new TokenDoubt('wrong_name', why), address);
    }
    proof.renew(fresh.untilMs);
  }

  async #verified(token: string, address: string): Promise<Proof> {
    const { clock } = this.#options;
    try {
      if (!this.#tokens) throw new TokenDoubt('untrusted', 'this server believes no tokens (tokens.keys)');
      const { identity, untilMs } = await this.#tokens.verify(token);
      return new Proof(identity, clock.nowMs() + untilMs - clock.wallMs());
    } catch (problem) {
      throw problem instanceof TokenDoubt ? this.#doubt(problem, address) : problem;
    }
  }

  #doubt({ reason, message: why }: TokenDoubt, address: string): HeddleError {
    const { gate } = this.#options;
    gate.turnedAway(address, reason);
    return new HeddleError('unauthenticated', { server: gate.server, reason, why });
  }
}

/** Of one server, wired. Throws `bad_settings`. */
export function identityRooms(
  { name: server, permissions, tokens, cluster }: ResolvedServerOptions,
  { clock, tls, vouch }: ServerParts,
  observer: Observer,
): readonly [Gate, Doorkeeper] {
  const gate = new Gate({ server, permissions, knowsPeers: tls !== undefined || vouch !== undefined, clock, observer });
  return [gate, new Doorkeeper({ gate, tokens, cluster, clock })];
}
