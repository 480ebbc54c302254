/**
 * Catalog bodies by content hash: kept while a record names them, asked for when one is unknown, given in pieces.
 *
 * B1 a body is kept only if its bytes have the hash that was asked for.
 * B2 at most `bodies` are kept and as many asked for; a body is at most `bodyBytes`.
 * B3 an unanswered question goes to another link after a beat, round and round; one that was answered by "not here" at once,
 *    to each link once.
 * B4 who is asked for a body that it waits for itself answers when it comes: news travels as fast as its record does.
 * B5 pieces count from links that were asked, each link's apart: one that sends rubbish spoils nobody else's answer.
 */

import type { BodyPiece } from './message.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

interface Wanted {
  /** Link that was asked last. */
  asked: number | undefined;
  askAgainMs: number;
  /** What has come, by the link that was asked for it. */
  readonly pieces: Map<number, (Uint8Array | undefined)[]>;
  /** Links that asked us meanwhile. */
  readonly askers: Set<number>;
  /** Links in a row that do not have it. */
  misses: number;
}

export class BodyStore {
  readonly #state: MeshState;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #wanted = new Map<string, Wanted>();

  constructor(state: MeshState) {
    this.#state = state;
  }

  get wanted(): number {
    return this.#wanted.size;
  }

  /** A body of our own making. */
  keep(hash: string, body: Uint8Array): void {
    if (hash !== '') this.#kept.set(hash, body);
  }

  find(hash: string): Uint8Array | undefined {
    return this.#kept.get(hash);
  }

  /** A record names this body: asks for it unless it is here. */
  want(hash: string, from?: number): void {
    if (hash === '' || this.#kept.has(hash) || this.#wanted.has(hash) || this.#wanted.size >= meshLimits.bodies) return;
    const wanted: Wanted = { asked: undefined, askAgainMs: 0, pieces: new Map(), askers: new Set(), misses: 0 };
    this.#wanted.set(hash, wanted);
    this.#ask(hash, wanted, from);
  }

  give(link: number, hash: string): void {
    const body = this.#kept.get(hash);
    const wanted = this.#wanted.get(hash);
    if (wanted) {
      wanted.askers.add(link);
      return;
    }
    const pieces = body ? Math.max(1, Math.ceil(body.length / meshLimits.bodyPieceBytes)) : 0;
    if (!body) return this.#state.send(link, { kind: 'body', hash, piece: 0, pieces, bytes: new Uint8Array() });
    for (let piece = 0; piece < pieces; piece += 1) {
      const start = piece * meshLimits.bodyPieceBytes;
      this.#state.send(link, { kind: 'body', hash, piece, pieces, bytes: body.subarray(start, start + meshLimits.bodyPieceBytes) });
    }
  }

  /** Gives the hash of the body that is whole with it. */
  onPiece(from: number, { hash, piece, pieces, bytes }: BodyPiece): string | undefined {
    const wanted = this.#wanted.get(hash);
    const given = wanted?.pieces.get(from);
    if (!wanted || !given) return undefined;
    if (pieces === 0) {
      this.#missed(hash, wanted);
      return undefined;
    }
    if (pieces > meshLimits.bodyBytes / meshLimits.bodyPieceBytes || piece >= pieces) return undefined;
    if (bytes.length > meshLimits.bodyPieceBytes) return undefined;
    if (given.length !== pieces) given.splice(0, given.length, ...Array.from({ length: pieces }, () => undefined));
    given[piece] = bytes;
    const whole = joined(given);
    if (!whole) return undefined;
    given.length = 0;
    if (this.#state.hashes.hashBody(whole) !== hash) return undefined;
    this.#wanted.delete(hash);
    this.#kept.set(hash, whole);
    this.#state.tell({ kind: 'body', hash, body: whole });
    for (const asker of wanted.askers) this.give(asker, hash);
    return hash;
  }

  /** Asks again for what did not come, and forgets what no record names. */
  tend(): void {
    const { records } = this.#state;
    for (const hash of this.#kept.keys()) if (!records.hasBody(hash)) this.#kept.delete(hash);
    for (const [hash, wanted] of this.#wanted) {
      if (!records.hasBody(hash) && !this.#state.unproven.awaits(hash)) this.#wanted.delete(hash);
      else if (this.#state.nowMs >= wanted.askAgainMs) {
        wanted.misses = 0;
        this.#ask(hash, wanted);
      }
    }
  }

  /** The one that was asked does not have it, nor waits for it. */
  #missed(hash: string, wanted: Wanted): void {
    wanted.misses += 1;
    if (wanted.misses < [...this.#state.links.used()].length) this.#ask(hash, wanted);
  }

  #ask(hash: string, wanted: Wanted, first?: number): void {
    const links = [...this.#state.links.used()].map((link) => link.id);
    const at = wanted.asked === undefined ? -1 : links.indexOf(wanted.asked);
    const link = first ?? links[(at + 1) % Math.max(links.length, 1)];
    wanted.askAgainMs = this.#state.nowMs + this.#state.settings.beatIntervalMs;
    if (link === undefined) return;
    wanted.asked = link;
    if (!wanted.pieces.has(link)) wanted.pieces.set(link, []);
    this.#state.send(link, { kind: 'bodyWanted', hash });
  }
}

function joined(pieces: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  if (pieces.length === 0 || pieces.some((piece) => piece === undefined)) return undefined;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + (piece?.length ?? 0), 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece ?? new Uint8Array(), at);
    at += piece?.length ?? 0;
  }
  return whole;
}
