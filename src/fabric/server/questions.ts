/**
 * What a client asks about the fabric, answered in the shapes of the API: members, catalog, the plan of a call.
 */

import type { MemberView } from '../../core/gossip/view.ts';
import { checkName } from '../../core/names.ts';
import type { Payload } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import type { QueryFrame } from '../../wire/frame.ts';
import { decodeValue, encodeValue } from '../../wire/value.ts';
import { argumentError } from '../../wire/value-problem.ts';
import type { Offer } from '../api/api.ts';
import { checkOptions } from '../api/known-options.ts';
import { type Explainer, explainQuery, type WorkflowQuestion, workflowQuestion } from '../explain/explainer.ts';
import { whyQuery } from '../explain/why.ts';
import type { WorkflowExplainer } from '../explain/workflow-explainer.ts';
import { functionsIn } from '../foreign/foreign-runs.ts';
import { unknownSubject } from '../link/refusals.ts';
import type { Sight } from '../link/sight.ts';
import { memberOf } from '../mesh/directory.ts';
import type { RunInspector } from '../run/run-engine.ts';
import type { FabricVitals } from './fabric-vitals.ts';

export interface QuestionsOptions {
  readonly members: () => readonly MemberView[];
  readonly catalog: (options: unknown) => readonly Offer[];
  readonly explainer: Explainer;
  readonly workflows: WorkflowExplainer;
  readonly vitals: Pick<FabricVitals, 'own' | 'all'>;
}

/** Who asks, as far as it makes a difference. */
export interface Asker {
  /** The runs that it may be told of. */
  readonly runs: RunInspector;
  /** It asks every server itself. */
  readonly isServer: boolean;
  readonly sight: Sight;
}

export class Questions {
  readonly #options: QuestionsOptions;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Throws, or rejects with, the HeddleError that the asker is to be told. */
  answer({ about, argument }: QueryFrame, asker: Asker): Payload | Promise<Payload> {
    const { runs, sight } = asker;
    switch (about) {
      case 'members':
        return encodeValue(sight.ofServers(this.#options.members(), ({ name }) => name).map(memberOf));
      case 'catalog':
        return encodeValue(this.#options.catalog(argument && read(argument)).filter((offer) => sight.shows(offer.function)));
      case 'explain':
        return this.#explain(argument, sight);
      case 'why':
        return this.#why(argument, asker);
      case 'runs':
        return runs.list().then((list) => encodeValue(list));
      case 'places':
        return this.#places(argument, sight);
      case 'vitals':
        return this.#vitals(asker);
      case 'me':
        // Answered where the session is (entry.ts).
        throw new HeddleError('protocol_error', { problem: 'only a session asks who it is' }, { executed: 'no' });
      default:
        throw unknownSubject('query', about);
    }
  }

  #explain(argument: Payload | undefined, sight: Sight): Payload | Promise<Payload> {
    const known = ['function', 'version', 'need', 'target', 'key', 'workflow', 'references', 'input'];
    const { function: name, workflow, references, input, ...options } = checkOptions(asked(argument), known, 'query');
    const question = workflow === undefined ? undefined : workflowQuestion(workflow, { references, input });
    if (question) demandSightOf(question, sight);
    if (question) return this.#options.workflows.explain(question, sight.asker).then((plan) => encodeValue(plan));
    const query = explainQuery(name, options);
    sight.demandSight(query.function);
    return this.#options.explainer.explain(query, sight.asker).then((plan) => encodeValue(plan));
  }

  /** Those of this server, whoever asks. */
  #places(argument: Payload | undefined, sight: Sight): Payload {
    const { function: name } = checkOptions(asked(argument), ['function'], 'query');
    const checked = checkName('function', name, ['query', 'function']);
    sight.demandSight(checked);
    return encodeValue(this.#options.explainer.placesHere(checked));
  }

  #vitals({ isServer, sight }: Asker): Payload | Promise<Payload> {
    const { vitals } = this.#options;
    if (isServer) return encodeValue(sight.ofServers([vitals.own()], ({ server }) => server));
    return vitals.all(sight.asker).then((all) => encodeValue(sight.ofServers(all, ({ server }) => server)));
  }

  /** Of a run all that there is to see: which of its waits are wanted is for whoever asked. */
  #why(argument: Payload | undefined, { runs, sight }: Asker): Payload | Promise<Payload> {
    const query = whyQuery(asked(argument));
    if ('function' in query) {
      sight.demandSight(query.function);
      return this.#options.explainer.waits(query.function, sight.asker).then((waits) => encodeValue(waits));
    }
    return runs.describe(query.run).then((view) => encodeValue(view));
  }
}

/** Before it is looked at more closely: of what is wrong with a workflow, names are told. */
function demandSightOf({ workflow }: WorkflowQuestion, sight: Sight): void {
  const commands: unknown = Array.isArray(workflow) ? workflow : (workflow as { readonly commands?: unknown } | undefined)?.commands;
  for (const name of functionsIn(commands)) sight.demand('submit', name);
}

function asked(argument: Payload | undefined): unknown {
  if (argument) return read(argument);
  throw new HeddleError('protocol_error', { problem: 'a query for an explanation says of what' }, { executed: 'no' });
}

function read(argument: Payload): unknown {
  try {
    return decodeValue(argument);
  } catch (problem) {
    throw argumentError(problem);
  }
}
