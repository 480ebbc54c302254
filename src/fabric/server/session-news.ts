/**
 * What clients are told of the servers that they may use instead of this one.
 *
 * B1 within `newsMs` of a change every session has the new list; several changes are one message.
 * B2 a list holds at most `addressesMax` addresses.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import type { ServersFrame } from '../../wire/frame.ts';

/** Changes wait this long for company, in milliseconds. Higher: fewer messages; lower: clients know earlier where to go. */
const newsMs = 250;
/** More than a client keeps is not sent. */
const addressesMax = 64;

export interface SessionNewsOptions {
  readonly clock: Clock;
  readonly members: () => readonly MemberView[];
  /** Sends it over every open session. */
  readonly tell: (frame: ServersFrame) => void;
}

export class SessionNews {
  readonly #options: SessionNewsOptions;
  #told = '';
  #cancel: CancelTask | undefined;

  constructor(options: SessionNewsOptions) {
    this.#options = options;
  }

  /** The addresses for a session that is being opened. */
  greeting(): readonly string[] {
    const addresses = this.#addresses();
    // It may have been given a list that the others never saw: the next one goes to everybody.
    if (addresses.join() !== this.#told) this.#told = '';
    return addresses;
  }

  /** Something about the members is different. */
  changed(): void {
    this.#cancel ??= this.#options.clock.schedule(newsMs, () => {
      this.#cancel = undefined;
      this.#tellChanged();
    });
  }

  /** This server takes no new work: clients open another session. */
  moving(): void {
    this.#options.tell({ kind: 'servers', addresses: this.#addresses(), isMoving: true });
  }

  close(): void {
    this.#cancel?.();
    // Nothing is told from here on.
    this.#cancel = () => {};
  }

  #tellChanged(): void {
    const addresses = this.#addresses();
    const text = addresses.join();
    if (text === this.#told) return;
    this.#told = text;
    this.#options.tell({ kind: 'servers', addresses, isMoving: false });
  }

  /** Addresses of the servers that are alive, this one last. */
  #addresses(): readonly string[] {
    const alive = this.#options.members().filter((view) => view.status === 'alive');
    const ordered = [...alive.filter((view) => !view.isSelf), ...alive.filter((view) => view.isSelf)];
    return ordered.slice(0, addressesMax).map((view) => view.url);
  }
}
