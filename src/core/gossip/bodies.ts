/**
 * Catalog bodies by content hash: kept while a record names them, asked for when one is unknown, given in pieces.
 *
 * B1 a body is kept only if its bytes have the hash that was asked for.
 * B2 at most `bodies` are kept and as many asked for; a body is at most `bodyBytes`.
 * B3 an unanswered question goes to another link after a beat, round and round; one that was answered by "not here" at once,
 *    to each link once.
 * B4 who is asked for a body that it waits for itself answers when it comes: news travels as fast as its record does.
 */

import type { BodyPiece } from './message.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

interface Wanted {
  /** Link that was asked last. */
  asked: number | undefined;
  askAgainMs: number;
  pieces: (Uint8Array | undefined)[];
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
    const wanted: Wanted = { asked: undefined, askAgainMs: 0, pieces: [], askers: new Set(), misses: 0 };
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

  onPiece({ hash, piece, pieces, bytes }: BodyPiece): void {
    const wanted = this.#wanted.get(hash);
    if (!wanted) return;
    if (pieces === 0) return this.#missed(hash, wanted);
    if (pieces > meshLimits.bodyBytes / meshLimits.bodyPieceBytes || piece >= pieces) return;
    if (bytes.length > meshLimits.bodyPieceBytes) return;
    if (wanted.pieces.length !== pieces) wanted.pieces = Array.from({ length: pieces }, () => undefined);
    wanted.pieces[piece] = bytes;
    const whole = joined(wanted.pieces);
    if (!whole) return;
    wanted.pieces = [];
    if (this.#state.hashes.hashBody(whole) !== hash) return;
    this.#wanted.delete(hash);
    this.#kept.set(hash, whole);
    this.#state.tell({ kind: 'body', hash, body: whole });
    for (const asker of wanted.askers) this.give(asker, hash);
  }

  /** Asks again for what did not come, and forgets what no record names. */
  tend(): void {
    const { records } = this.#state;
    for (const hash of this.#kept.keys()) if (!records.hasBody(hash)) this.#kept.delete(hash);
    for (const [hash, wanted] of this.#wanted) {
      if (!records.hasBody(hash)) this.#wanted.delete(hash);
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
