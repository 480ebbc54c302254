/**
 * The door for newcomers with a join token: reads their request, asks the desk that issues certificates, and tells of it.
 *
 * D1 every request is answered by a message; what was refused says why, as an error that arrives whole. D2 a request without a
 *    secret gets the CA and nothing else. D3 no event and no answer says a secret.
 */

import type { MemberView } from '../../core/gossip/view.ts';
import { checkName } from '../../core/names.ts';
import { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import { toWireError } from '../../wire/error.ts';
import { decodeJoinRequest, encodeJoinResponse, type JoinRequest } from '../../wire/join-messages.ts';

/** Who decides on newcomers. */
export interface JoinPort {
  /** PEM of the CA that tokens name. */
  readonly ca: string;
  /** `liveAt` gives the address of a live server of that name. Throws what the newcomer is told. */
  admit(
    newcomer: JoinRequest,
    circumstances: { readonly address: string; readonly liveAt: (name: string) => string | undefined },
  ): { readonly certificate: string; readonly ca: string };
}

export interface JoinDoorOptions {
  readonly port: JoinPort;
  /** Name of this server. */
  readonly server: string;
  readonly members: () => readonly MemberView[];
  readonly observer: Observer;
}

export class JoinDoor {
  readonly #options: JoinDoorOptions;

  constructor(options: JoinDoorOptions) {
    this.#options = options;
  }

  /** A request and its answer, both as messages; `address` is who asks. */
  answer(message: Uint8Array, address: string): Uint8Array {
    const { port, server } = this.#options;
    const said = { server, ca: port.ca, certificate: '' };
    let name = '';
    try {
      const request = decodeJoinRequest(message);
      if (request.secret.length === 0) return encodeJoinResponse(said);
      name = checkName('server', request.name, ['name']);
      const granted = port.admit(request, { address, liveAt: (live) => this.#liveAt(live) });
      this.#options.observer.emit({ kind: 'join.granted', name, address });
      return encodeJoinResponse({ ...said, ...granted });
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      this.#refused(name, address, error);
      return encodeJoinResponse({ ...said, refusal: toWireError(error, { isJsonOnly: true }) });
    }
  }

  /** Whoever is not listened to any more has been told of often enough. */
  #refused(name: string, address: string, error: HeddleError): void {
    if (error.code === 'overloaded') return;
    this.#options.observer.emit({ kind: 'join.refused', name, address, code: error.code, message: error.message });
  }

  #liveAt(name: string): string | undefined {
    const member = this.#options.members().find((one) => one.name === name);
    return member && (member.status === 'alive' || member.status === 'suspect' || member.status === 'leaving') ? member.url : undefined;
  }
}
