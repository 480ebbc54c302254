/**
 * Workflows as typed code: `workflow(name, build)` runs `build` once and keeps what it described, as data.
 *
 * B3 what is wrong with the description is refused by `workflow` itself, all of it in one `bad_workflow`;
 *    whether the functions exist is seen when it runs.
 * What `build` says is kept by draft.ts; the types of references are ref.ts; the data is data.ts; turning it into records is
 * parse.ts.
 */

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
  if (typeof name !== 'string') draft.report(`workflow(name, build) takes a text as its name; this is ${typeName(name)}`);
  if (typeof build !== 'function') {
    draft.report(`workflow(name, build) takes a function that describes the steps; this is ${typeName(build)}`);
    return draft.fail();
  }
  checkKeys(options, workflowOptions, (message) => draft.report(message));
  const output: unknown = build(draft.builder());
  const built = new BuiltWorkflow(name, draft.finish(name, output), options.input);
  // The phantom `~run` is the only member it lacks, and nobody reads it.
  return built as unknown as Workflow<Input, Resolved<O>>;
}

/** What its input is validated by. By its key, not its class: two copies of the package understand each other. */
export function inputSchemaOf(flow: object): Schema | undefined {
  return '~schema' in flow ? (flow['~schema'] as Schema | undefined) : undefined; // only BuiltWorkflow has this key
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
