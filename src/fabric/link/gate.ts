/**
 * Who may do what at this server, by its rules; and what is said, and told, of those who may not.
 *
 * G1 without rules everybody may do everything, but for clients hidden functions: a name with a part that begins with `_`.
 * G2 for whom a server asks is believed of one that has proved its name and may `relay` that; of any other peer nothing is.
 * G3 an allowed call costs two look-ups. G4 who is refused hears of nothing but what they asked for.
 * G5 on whose behalf a function calls is told, and changes no verdict; it is believed of a server that has proved its name.
 * G6 of refusals at most `toldMax` a second are told as events; the next one that is says how many were not.
 */

import type { Clock } from '../../base/clock.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import { anonymous, describeIdentity, identityOf, parseIdentity } from '../../identity/identity.ts';
import type { Permission, Verb } from '../../identity/permissions.ts';
import { Permissions } from '../../identity/permissions.ts';
import type { Observer } from '../../observe/observer.ts';
import type { PeerIdentity } from './conversation.ts';
import type { Proof } from './proof.ts';

export interface GateOptions {
  /** Name of this server. */
  readonly server: string;
  /** Absent: there are none. */
  readonly permissions: readonly Permission[] | undefined;
  /** Peers can prove who they are: whose calls are passed on is told. */
  readonly knowsPeers: boolean;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** What somebody wants. `peer`: by which they came, for the event. */
export interface Wish {
  readonly verb: Verb;
  readonly name: string;
  readonly peer: string;
  /** What a rule would have to name to allow it, where that is not `name`: the server of a run. */
  readonly ruled?: string;
  /** For whom the function runs that wants it, where one does. */
  readonly onBehalfOf?: string | undefined;
}

/** The same, of what no rule has a word for. */
export type Wished = Omit<Wish, 'verb'> & { readonly verb: string };

/** A peer, as far as it matters who it is. */
export interface Asking {
  readonly kind: 'link' | 'session';
  readonly identity: PeerIdentity;
}

/** Refusals that are told as events, a second. */
const toldMax = 50;
const windowMs = 1_000;
/** Of a name that a peer gave. */
const quotedCharsMax = 128;

export class Gate {
  /** This server's own identity. */
  readonly self: string;
  readonly #options: GateOptions;
  #permissions: Permissions | undefined;
  #windowEndsMs = 0;
  #told = 0;
  #untold = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.self = identityOf('server', options.server).text;
    this.#permissions = options.permissions && new Permissions(options.permissions);
  }

  /** Name of this server. */
  get server(): string {
    return this.#options.server;
  }

  /** Whether there are rules. */
  get hasRules(): boolean {
    return this.#permissions !== undefined;
  }

  /** Whether peers can prove who they are. */
  get knowsPeers(): boolean {
    return this.#options.knowsPeers;
  }

  /** Whether anybody here asks who a peer is. */
  get tells(): boolean {
    return this.knowsPeers || this.hasRules;
  }

  /** Other rules count from now on. */
  replace(permissions: readonly Permission[]): void {
    this.#permissions = new Permissions(permissions);
  }

  /**
   * Whose a peer's request is (`Identity.text`): its own, or whose a server says it is (G2). `name`: the function that it relays;
   * without, anything. An error where that is not believed, or where a client's proof has ended.
   */
  askerOf({ kind, identity }: Asking, claimed: string | undefined, name?: string): string | HeddleError {
    const { proof } = identity;
    const own = proof?.identity.text ?? anonymous.text;
    if (kind === 'session') return proof === undefined || proof.isGood(this.#options.clock) ? own : this.#ended(own);
    if (claimed === undefined || own === anonymous.text) return own;
    if (this.hasRules && claimed.startsWith('server:'))
      return this.#anotherServers(claimed, { verb: 'relay', name: name ?? claimed, peer: identity.name });
    return this.#relays(own, name) ? claimed : this.refused(own, { verb: 'relay', name: name ?? claimed, peer: identity.name });
  }

  /** G5: for whom a peer's function runs, as it says; undefined where that is not believed, or is nobody's text. */
  behalfOf({ kind, identity }: Asking, claimed: string | undefined): string | undefined {
    if (claimed === undefined || kind === 'session' || identity.proof?.identity.kind !== 'server') return undefined;
    return parseIdentity(claimed)?.text;
  }

  /** Whether a server may pass on anything at all; without rules any may. */
  relays(proof: Proof | undefined): boolean {
    return this.#permissions === undefined || this.#relays((proof?.identity ?? anonymous).text, undefined);
  }

  /** Why they may not; undefined: they may. */
  refusal(asker: string, wish: Wish): HeddleError | undefined {
    const { verb, name } = wish;
    if ((verb === 'call' || verb === 'submit') && isHidden(name) && !asker.startsWith('server:')) return this.refused(asker, wish);
    if (this.#permissions === undefined || this.#permissions.allows(asker, verb, name)) return undefined;
    return this.refused(asker, wish);
  }

  /** Why this server may not offer a function; undefined: it may. */
  mayServe(name: string): HeddleError | undefined {
    return this.refusal(this.self, { verb: 'serve', name, peer: this.server });
  }

  /** Whether they may, without a word about it. */
  allows(asker: string, verb: Verb, name: string): boolean {
    return this.#permissions === undefined || this.#permissions.allows(asker, verb, name);
  }

  /** Whether they may know of a function: who may use it, and who observes this server. */
  shows(asker: string, name: string): boolean {
    const isServer = asker.startsWith('server:');
    if (isHidden(name) && !isServer) return this.#permissions !== undefined && this.#observesHere(asker);
    if (this.#permissions === undefined) return true;
    return (['call', 'submit', 'serve', 'relay'] as const).some((verb) => this.allows(asker, verb, name)) || this.#observesHere(asker);
  }

  /** Whether nobody in particular may do anything at all: otherwise they need not come in. */
  get admitsAnonymous(): boolean {
    return this.#permissions === undefined || this.#permissions.mentions(anonymous);
  }

  /** Tells of an administrator's deed. */
  administered(asker: string, { verb, name, peer }: Wished): void {
    if (this.tells) this.#options.observer.emit({ kind: 'access.admin', identity: asker, verb, name: short(name), peer: short(peer) });
  }

  /** The refusal itself, which is told. */
  refused(asker: string, wish: Wish): HeddleError {
    this.#tell(asker, wish);
    const { server } = this.#options;
    const { verb: may, name, ruled = name } = wish;
    const identity = parseIdentity(asker) ?? anonymous;
    if (isHidden(name) && identity.kind !== 'server' && (may === 'call' || may === 'submit')) {
      const why = 'a name with a part that begins with _ is for servers alone; no rule can change that';
      return new HeddleError('forbidden', { who: describeIdentity(identity), may, name, server, why });
    }
    if (identity === anonymous) return this.missing(`it may not ${may} "${short(name)}"`);
    const who = describeIdentity(identity);
    const rule = `who = [${JSON.stringify(who)}], may = ["${may}"], names = [${JSON.stringify(short(ruled))}]`;
    const why = `no rule there allows it; this one would: [[permissions]] ${rule}`;
    return new HeddleError('forbidden', { who, may, name, server, why });
  }

  /** Nobody in particular is not enough. */
  missing(what: string): HeddleErrorOf<'unauthenticated'> {
    const why = `who asks is not known, so ${what}: show a token (token; heddle: HEDDLE_TOKEN or HEDDLE_TOKEN_FILE) or a client's certificate (tls)`;
    return new HeddleError('unauthenticated', { server: this.#options.server, reason: 'no_token', why });
  }

  /** Somebody has not proved who they are, or not well enough: told as other refusals are. */
  turnedAway(address: string, reason: string = 'no_token'): void {
    this.#tell(anonymous.text, { verb: 'connect', name: reason, peer: address });
  }

  /** Rules or not: what a server may do is nobody's but its own to ask for. */
  #anotherServers(claimed: string, { verb: may, name, peer }: Wish): HeddleError {
    this.#tell(claimed, { verb: may, name, peer });
    const why = `${short(peer)} passes on what ${short(claimed)} asks, and servers speak for themselves: with a server's certificate ask ${this.server} itself, or come as a client`;
    return new HeddleError('forbidden', { who: short(claimed), may, name, server: this.server, why });
  }

  /**
   * The proof has ended under which somebody followed something; `wish`: what. Told as other refusals are. It says nothing of what
   * was followed: a run may have run.
   */
  outlived(asker: string, wish: Wished): HeddleErrorOf<'unauthenticated'> {
    this.#tell(asker, wish);
    const why =
      'the token under which this began has ended: show a fresh one (connect: a function as token; other clients: a new request) and follow it again, a run from the event after the last';
    return new HeddleError('unauthenticated', { server: this.#options.server, reason: 'expired', why }, { executed: 'maybe' });
  }

  #ended(asker: string): HeddleError {
    this.#tell(asker, { verb: 'call', name: '', peer: '' });
    const why = 'the token of this session has ended: give connect a function that gets a fresh one (token), or connect again';
    return new HeddleError('unauthenticated', { server: this.#options.server, reason: 'expired', why });
  }

  #relays(own: string, name: string | undefined): boolean {
    if (this.#permissions === undefined) return true;
    return name === undefined ? this.#permissions.mentions(parseIdentity(own) ?? anonymous, 'relay') : this.allows(own, 'relay', name);
  }

  #observesHere(asker: string): boolean {
    return this.allows(asker, 'observe', this.#options.server);
  }

  /** G6. */
  #tell(identity: string, { verb, name, peer, onBehalfOf }: Wished): void {
    const { clock, observer } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + windowMs;
      this.#told = 0;
    }
    this.#told += 1;
    if (this.#told > toldMax) {
      this.#untold += 1;
      return;
    }
    const untold = this.#untold;
    this.#untold = 0;
    const forWhom = onBehalfOf === undefined ? {} : { onBehalfOf };
    observer.emit({ kind: 'access.denied', identity, ...forWhom, verb, name: short(name), peer: short(peer), untold });
  }
}

/** A function for servers alone: `_sweep`, `image._probe`. */
function isHidden(name: string): boolean {
  return name.charCodeAt(0) === underscore || name.includes('._');
}

const underscore = 95;

function short(text: string): string {
  return text.slice(0, quotedCharsMax);
}
