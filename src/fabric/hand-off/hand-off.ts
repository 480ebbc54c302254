/**
 * The hand-off of results as a call sees it at the server that runs it: its large arguments are pulled before its handler is
 * entered, its large result stays where it is.
 *
 * A1 each hole of the arguments gets bytes of its own, although a value is pulled once.
 * A2 what was given as a stream is not pulled before it is read (pulled-stream.ts).
 * A3 while it waits for bytes of another server, its caller is told for which.
 */

import type { Filled, Input, Parked, Payload } from '../../core/payload.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import { clientIn } from '../../identity/identity.ts';
import type { CallFrame, Pulling } from '../../wire/frame.ts';
import type { Definition } from '../api/define.ts';
import { type GatheredEnd, GatheredResult } from './gathered-result.ts';
import type { KeptValue } from './kept-value.ts';
import type { Lease, ParkedValues } from './parked-values.ts';
import type { PulledStream, WholeArguments } from './pulled-stream.ts';
import type { Puller } from './puller.ts';

export interface HandOffParts {
  /** Instance of this server. */
  readonly instance: string;
  readonly values: ParkedValues;
  readonly puller: Puller;
}

/** Arguments on their way. */
export interface FetchedArguments {
  /** Rejects with `lease_lost`, or when it is given up. */
  readonly args: Promise<WholeArguments>;
  /** Ends what is under way; streams give nothing more. */
  cancel(): void;
}

/** Whether some of these were not sent along. */
export function isHandedOff({ inputs }: Filled): boolean {
  return inputs.some(({ value }) => value.parked !== undefined);
}

/** What it needs of a call. */
export interface ResultCall {
  readonly frame: Pick<CallFrame, 'parkMs' | 'parkOverBytes' | 'effect'>;
  readonly offer: { readonly served: { readonly definition: Definition } };
  /** Whose it is (`Identity.text`). */
  readonly origin: { readonly identity?: string | undefined };
}

/** Whether the function of a call may run again, as far as those know who asked and who runs it. */
function mayRunAgain({ frame, offer }: ResultCall): boolean {
  return offer.served.definition.effect !== 'once' && frame.effect !== 'once';
}

/** The end of a call whose handler threw, and one of whose streams broke off under it: what it threw follows from that. */
export function brokenOff({ streams }: WholeArguments, call: ResultCall): HeddleErrorOf<'lease_lost'> | undefined {
  for (const { lost } of streams?.values() ?? []) {
    if (lost) return new HeddleError('lease_lost', { ...lost.detail, mayRunAgain: mayRunAgain(call) }, { executed: 'yes', cause: lost });
  }
  return undefined;
}

function leaseOf(call: ResultCall): Lease {
  return { leaseMs: call.frame.parkMs ?? 0, isRepeatable: mayRunAgain(call), owner: clientIn(call.origin.identity) };
}

export class HandOff {
  readonly #parts: HandOffParts;

  constructor(parts: HandOffParts) {
    this.#parts = parts;
  }

  /** What is sent of a result. Throws `bad_result` when there is no room for it. */
  park(result: Payload, call: ResultCall): Payload {
    return this.#parts.values.park(result, leaseOf(call), call.frame.parkOverBytes);
  }

  /** A result that comes as a stream of bytes, to be started. Throws `bad_result` when it is no stream. */
  gather(result: unknown, { offer, origin }: ResultCall, ended: (end: GatheredEnd) => void): GatheredResult {
    const { values } = this.#parts;
    return new GatheredResult(result, { values, definition: offer.served.definition, owner: clientIn(origin.identity), ended });
  }

  /** What is sent of a result that was gathered. */
  keep(value: KeptValue, call: ResultCall): Payload {
    return this.#parts.values.keep(value, { isStream: true, ...leaseOf(call) });
  }

  /** The arguments with their bytes. `told`: what is waited for, from elsewhere. */
  fetch(args: Filled, told: (pulling: Pulling) => void): FetchedArguments {
    const aborting = new AbortController();
    const cancel = (): void => aborting.abort(new HeddleError('cancelled', { reason: 'the call has its end' }, { executed: 'no' }));
    return { args: this.#fetchAll(args, told, aborting), cancel };
  }

  async #fetchAll({ template, inputs }: Filled, told: (pulling: Pulling) => void, aborting: AbortController): Promise<WholeArguments> {
    const waits = new Waits(told);
    const pulled = new Map<string, ReturnType<Puller['pullInput']>>();
    const streams = new Map<Input, PulledStream>();
    for (const input of inputs) {
      const { value, name } = input;
      const { parked } = value;
      if (parked?.isStream) streams.set(input, this.#parts.puller.open({ value, parked, step: name }, aborting.signal));
      else if (parked && !pulled.has(wantedOf(input))) pulled.set(wantedOf(input), this.#pull(input, parked, { waits, aborting }));
    }
    try {
      await Promise.all(pulled.values());
    } catch (problem) {
      // One is missing: the others are of no use.
      aborting.abort(problem);
      throw problem;
    }
    const taken = new Set<string>();
    const filled = inputs.map(async (input): Promise<Input> => {
      const wanted = wantedOf(input);
      const got = await pulled.get(wanted);
      if (!got || !input.value.parked) return input;
      const { value, path } = got;
      const isFirst = !taken.has(wanted);
      taken.add(wanted);
      return { ...input, path, value: isFirst ? value : { ...value, bytes: new Uint8Array(value.bytes) } };
    });
    return { template, inputs: await Promise.all(filled), streams };
  }

  async #pull(input: Input, { instance, server }: Parked, { waits, aborting }: { waits: Waits; aborting: AbortController }) {
    const isHere = instance === this.#parts.instance;
    const done = isHere ? undefined : waits.begin({ step: input.name, server });
    const pulled = await this.#parts.puller.pullInput(input, aborting.signal);
    done?.();
    return pulled;
  }
}

/** What of which value is wanted: two holes that want the same are filled by one pull. */
function wantedOf({ value, path }: Input): string {
  const { parked } = value;
  return parked ? `${parked.instance}/${parked.id} ${JSON.stringify(path)}` : '';
}

/** A3. */
class Waits {
  readonly #told: (pulling: Pulling) => void;
  readonly #open = new Set<Pulling>();

  constructor(told: (pulling: Pulling) => void) {
    this.#told = told;
  }

  begin(pulling: Pulling): () => void {
    this.#open.add(pulling);
    if (this.#open.size === 1) this.#told(pulling);
    return () => {
      const [first] = this.#open;
      this.#open.delete(pulling);
      const [next] = this.#open;
      if (next === undefined) this.#told({ step: pulling.step });
      else if (first === pulling) this.#told(next);
    };
  }
}
