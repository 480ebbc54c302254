/**
 * Whether the places of a function are taken, asked of the servers that offer it, and said in words.
 *
 * K1 nothing is gossiped for it: it costs one question a server, and nothing at all while nobody asks.
 * K2 of a server that does not answer in time, or is of a version that does not know the question, nothing is said.
 */

import type { Offer } from '../../core/catalog/server-state.ts';
import { encodeValue } from '../../wire/value.ts';
import { ask, decoded, type OtherServers } from '../link/other-servers.ts';
import type { PlacesAt, PlacesNow } from '../serve/admission.ts';

export interface PlacesInquiryOptions {
  /** Of this server. */
  readonly instance: string;
  readonly own: (name: string) => readonly PlacesAt[];
  readonly others: () => OtherServers;
}

/** Servers that are asked at the same time. */
export const placesAskedMax = 32;

export class PlacesInquiry {
  readonly #options: PlacesInquiryOptions;

  constructor(options: PlacesInquiryOptions) {
    this.#options = options;
  }

  /** At this server. */
  own(name: string): readonly PlacesAt[] {
    return this.#options.own(name);
  }

  /** At each of these offers of one function, at most `placesAskedMax`; undefined where it is not known. `identity`: who wants to know. */
  async of(name: string, offers: readonly Offer[], identity: string | undefined): Promise<readonly (PlacesAt | undefined)[]> {
    const servers = new Map(offers.map(({ server }) => [server.instance, server.name]));
    const found = new Map(
      await Promise.all(
        [...servers].map(async ([instance, server]) => [instance, await this.#at({ instance, name: server }, name, identity)] as const),
      ),
    );
    return offers.map(({ server, record }) => found.get(server.instance)?.find(({ version }) => version === record.version));
  }

  async #at(
    server: { readonly instance: string; readonly name: string },
    name: string,
    identity: string | undefined,
  ): Promise<readonly PlacesAt[]> {
    if (server.instance === this.#options.instance) return this.own(name);
    const argument = encodeValue({ function: name });
    const outcome = await ask({ ...this.#options.others(), identity }, { identity: server }, (peer, id) =>
      peer.send({ kind: 'query', id, about: 'places', argument, identity }),
    );
    const said = outcome?.ok ? decoded(outcome) : [];
    return Array.isArray(said) ? said : []; // what a server says of itself in this shape
  }
}

/** "all 4 places are taken, 2 calls wait"; undefined where a call would run at once. */
export function takenText({ held, limit, waiting, next, lacks }: PlacesNow): string | undefined {
  if (next === 'runs') return undefined;
  const taken =
    held >= limit ? `${limit === 1 ? 'its only place is' : `all ${limit} places are`} taken` : `its slots are taken${lacksText(lacks)}`;
  const line = waiting === 0 ? '' : `, ${waitText(waiting)}`;
  return `${taken}${line}${next === 'refused' ? ', and no more may: it refuses a call now' : ''}`;
}

/** What all of them together say to a call, where none of them would run it at once. */
export function allTakenText(places: readonly PlacesNow[]): string {
  const isRefused = places.every(({ next }) => next === 'refused');
  if (isRefused) return `all places are taken, and as many calls wait as may (${waitingFor(places)}): a call is refused now (overloaded)`;
  return `all places are taken, and ${waitText(waitingFor(places))} for one: a call waits a moment, then it is refused (overloaded)`;
}

/** The same to a step of a run, which tries until it has one. */
export function stepWaitsText(places: readonly PlacesNow[]): string {
  return `all places are taken, and ${waitText(waitingFor(places))} for one: the step would wait for one, too`;
}

function waitingFor(places: readonly PlacesNow[]): number {
  return places.reduce((sum, one) => sum + one.waiting, 0);
}

function waitText(waiting: number): string {
  return `${waiting} ${waiting === 1 ? 'call waits' : 'calls wait'}`;
}

function lacksText(lacks: readonly string[]): string {
  return lacks.length === 0 ? '' : ` (${lacks.join(', ')})`;
}
