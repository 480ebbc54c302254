/**
 * What a client asks about the fabric, answered in the shapes of the API: members, catalog, the plan of a call.
 */

import type { MemberView } from '../core/gossip/view.ts';
import type { Payload } from '../core/payload.ts';
import { HeddleError } from '../errors.ts';
import type { QueryFrame } from '../wire/frame.ts';
import { decodeValue, encodeValue } from '../wire/value.ts';
import { argumentError } from '../wire/value-problem.ts';
import type { Offer } from './api.ts';
import { memberOf } from './directory.ts';
import { type Explainer, explainQuery } from './explainer.ts';
import { checkOptions } from './known-options.ts';

export interface QuestionsOptions {
  readonly members: () => readonly MemberView[];
  readonly catalog: (options: unknown) => readonly Offer[];
  readonly explainer: Explainer;
}

export class Questions {
  readonly #options: QuestionsOptions;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Throws the HeddleError that the asker is to be told. */
  answer({ about, argument }: QueryFrame): Payload {
    switch (about) {
      case 'members':
        return encodeValue(this.#options.members().map(memberOf));
      case 'catalog':
        return encodeValue(this.#options.catalog(argument && read(argument)));
      case 'explain':
        return encodeValue(this.#explain(argument));
    }
  }

  #explain(argument: Payload | undefined) {
    if (!argument) throw new HeddleError('protocol_error', { problem: 'a query for an explanation says of what' }, { executed: 'no' });
    const { function: name, ...options } = checkOptions(read(argument), ['function', 'version', 'need', 'target', 'key'], 'query');
    return this.#options.explainer.explain(explainQuery(name, options));
  }
}

function read(argument: Payload): unknown {
  try {
    return decodeValue(argument);
  } catch (problem) {
    throw argumentError(problem);
  }
}
