/**
 * Workflows as typed code: `workflow(name, build)` runs `build` once and keeps what it described, as data.
 *
 * B3 what is wrong with the description is refused by `workflow` itself, all of it in one `bad_workflow`;
 *    whether the functions exist is seen when it runs.
 * What `build` says is kept by draft.ts; the types of references are ref.ts; the data is data.ts; turning it into records is
 * parse.ts.
 */

import { HeddleError } from '../../errors.ts';
import type { Schema } from '../function.ts';
import type { Builder } from './builder-api.ts';
import type { WorkflowData } from './data.ts';
import { Draft } from './draft.ts';
import { checkKeys, typeName } from './fields.ts';
import type { Output, Resolved } from './ref.ts';

/** A described workflow: run it with `client.run`, or take it as data. */
export interface Workflow<in Input, out Result> {
  readonly name: string;
  readonly '~run': (input: Input) => Result;
  /** The same as data. Values stay values (a Date is a Date); `submit` takes it. */
  toJSON(): WorkflowData;
}

export interface WorkflowOptions<Input> {
  /** Validates the input before a run starts. */
  readonly input?: Schema<unknown, Input> | undefined;
}

/**
 * Describes a workflow. `build` is called once, at once, and must be synchronous; what it returns types and shapes
 * the result, and nothing returned means every leaf by its name. Values in it are taken as they are when it first runs.
 * Throws `bad_workflow` with every problem found.
 */
export function workflow<Input = void, O extends Output = void>(
  name: string,
  build: (flow: Builder<Input>) => O,
  options: WorkflowOptions<Input> = {},
): Workflow<Input, Resolved<O>> {
  const draft = new Draft();
  checkKeys(options, workflowOptions, (message) => draft.report(message));
  const output: unknown = build(draft.builder());
  const built = new BuiltWorkflow(name, draft.finish(name, output), options.input);
  // The phantom `~run` is the only member it lacks, and nobody reads it.
  return built as unknown as Workflow<Input, Resolved<O>>;
}

/** The input as the workflow's schema gives it (itself without one). Rejects with `bad_argument`. */
export async function validateInput(flow: Workflow<never, unknown>, input: unknown): Promise<unknown> {
  const schema = schemaOf(flow);
  if (!schema) return input;
  // Standard Schema's own result type; function.ts leaves it `unknown` to keep the public type small.
  const verdict = (await schema['~standard'].validate(input)) as Verdict;
  const issue = verdict.issues?.[0];
  if (!issue) return verdict.value;
  throw new HeddleError('bad_argument', { path: ['input', ...pathOf(issue)], expected: issue.message, found: typeName(input) });
}

/** By its key, not its class: two copies of the package understand each other. */
function schemaOf(flow: object): Schema | undefined {
  return '~schema' in flow ? (flow['~schema'] as Schema | undefined) : undefined; // only BuiltWorkflow has this key
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
interface Verdict {
  readonly value?: unknown;
  readonly issues?: readonly Issue[] | undefined;
}

function pathOf(issue: Issue): (string | number)[] {
  const keys = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
  return keys.map((key) => (typeof key === 'symbol' ? String(key) : key));
}

class BuiltWorkflow {
  readonly name: string;
  readonly '~schema': Schema | undefined;
  readonly #data: WorkflowData;

  constructor(name: string, data: WorkflowData, schema: Schema | undefined) {
    this.name = name;
    this['~schema'] = schema;
    this.#data = data;
    Object.freeze(this);
  }

  toJSON(): WorkflowData {
    return this.#data;
  }
}

const workflowOptions = { what: 'workflow option', names: ['input'] };
