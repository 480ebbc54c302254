/**
 * Workflows as typed code: `workflow(name, build)` runs `build` once and keeps what it described, as data.
 *
 * B1 plain values are always literals: what looks like a reference in data arrives unchanged.
 * B2 a step by definition or handle takes its version range from there (`rangeOf`), unless an option says otherwise.
 * B3 what is wrong with the description is refused by `workflow` itself, all of it in one `bad_workflow`;
 *    whether the functions exist is seen when it runs.
 * The types of references are ref.ts; the data is data.ts; turning it into records is parse.ts.
 */

import type { WorkflowProblem } from '../../errors.ts';
import { HeddleError } from '../../errors.ts';
import type { Need } from '../catalog/offer.ts';
import type { HeddleFunction, Is, Schema } from '../function.ts';
import { rangeOf } from '../function.ts';
import type { Command, WorkflowData } from './data.ts';
import { checkKeys, short, typeName } from './fields.ts';
import { argumentData, failureData, shapeData } from './literal.ts';
import type { Output, Ref, Resolved, StepArgs } from './ref.ts';
import { findSource, isOfFlow, makeRef } from './ref.ts';

export interface StepOptions<Fallback = never> {
  /** Resources that the offer must carry; a list means all of them. */
  readonly need?: Need | undefined;
  /** A semver range; default `^` the definition's version. */
  readonly version?: string | undefined;
  /** Name of the one server that may run it. */
  readonly target?: string | undefined;
  /** Steps that must be done first, beside those that the arguments refer to. */
  readonly after?: readonly Ref<unknown>[] | undefined;
  /** Milliseconds for the whole step, its attempts included; default: what is left of the run. */
  readonly timeoutMs?: number | undefined;
  /** Tries in all, 1 to 10. More are made only where another try is safe. Default: by the error table. */
  readonly retry?: { readonly attempts: number } | undefined;
  /**
   * `fail` (the default): the run ends. `continue`: what needs its result does not run, everything else does. A fallback: it
   * stands for the result, whether the step failed or could not run because one before it failed.
   */
  readonly onFailure?: 'fail' | 'continue' | { readonly fallback: Fallback } | undefined;
  /** False: it never goes to its server together with other steps; default true. */
  readonly fuse?: boolean | undefined;
}

export interface Builder<out Input = void> {
  /** What the run is given. */
  readonly input: Ref<Input>;
  /** Adds a step; gives the reference to its result. A fallback joins its type. */
  step<A extends readonly unknown[], R, F = never>(
    name: string,
    fn: HeddleFunction<A, R>,
    args: StepArgs<A>,
    options?: StepOptions<F>,
  ): Ref<R | Is<F>>;
  /**
   * Says what undoes a step when the run fails: called, in reverse order, for what succeeded and for what may have run. Then the
   * result is not known, and the reference to it gives undefined, and so does every `.get` on it.
   */
  compensate<R, A extends readonly unknown[]>(
    step: Ref<R>,
    fn: HeddleFunction<A, unknown>,
    args: (result: Ref<R | undefined>) => StepArgs<A>,
    options?: CompensateOptions,
  ): void;
}

export type CompensateOptions = Pick<StepOptions, 'need' | 'version' | 'target' | 'timeoutMs' | 'retry'>;

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
 * the result, and nothing returned means every leaf by its name.
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
const stepOptions = { what: 'step option', names: ['need', 'version', 'target', 'after', 'timeoutMs', 'retry', 'onFailure', 'fuse'] };

const compensateOptions = { what: 'option of compensate', names: ['need', 'version', 'target', 'timeoutMs', 'retry'] };

/** What a step is told beside its name. */
interface StepCall {
  readonly fn: unknown;
  readonly args: readonly unknown[];
  readonly options: StepOptions<unknown>;
}

/** What `build` has said so far. */
class Draft {
  readonly #commands = new Map<string, Command>();
  readonly #problems: WorkflowProblem[] = [];

  report(message: string, command?: string): void {
    this.#problems.push(command === undefined ? { message } : { command, message });
  }

  builder<Input>(): Builder<Input> {
    const flow: Builder<Input> = {
      input: makeRef<Input>({ kind: 'input', path: [] }, this),
      step: (...[name, fn, args, options = {}]) => this.#step(name, { fn, args, options }),
      compensate: (...[step, fn, args, options = {}]) => this.#compensate(step, { fn, args, options }),
    };
    for (const later of ['each']) Object.defineProperty(flow, later, { get: () => refuseUnbuilt(later) });
    return flow;
  }

  finish(name: string, output: unknown): WorkflowData {
    const context = { flow: this, report: (message: string) => this.report(message) };
    const returns = output === undefined ? {} : { returns: shapeData(output, context) };
    if (this.#problems.length > 0) throw new HeddleError('bad_workflow', { problems: this.#problems });
    return Object.freeze({ name, commands: Object.freeze([...this.#commands.values()]), ...returns });
  }

  #step<R>(name: string, { fn, args, options }: StepCall): Ref<R> {
    const report = (message: string): void => this.report(message, short(String(name)));
    if (this.#commands.has(name)) report('the name is used twice; every step needs its own');
    if (!isCallable(fn))
      report(
        `a step takes a definition (defineFunction) or a handle (remote) of a call; this is ${isStream(fn) ? 'a stream' : typeName(fn)}`,
      );
    else if (!Array.isArray(args)) report(`the arguments are given as a list; this is ${typeName(args)}`);
    else this.#commands.set(name, this.#command(name, fn, { args, options }));
    return makeRef<R>({ kind: 'step', step: name, path: [] }, this);
  }

  #compensate(
    step: unknown,
    { fn, args, options }: { readonly fn: unknown; readonly args: unknown; readonly options: CompensateOptions },
  ): void {
    const source = findSource(step);
    const isWhole = source?.kind === 'step' && source.path.length === 0 && isOfFlow(step, this);
    const command = isWhole ? this.#commands.get(source.step) : undefined;
    if (!command) return this.report(`compensate takes what step(...) gave; this is ${source ? 'another reference' : typeName(step)}`);
    const report = (message: string): void => this.report(`compensate: ${message}`, command.name);
    if (command.compensate) return report('the step has an undo already');
    if (!isCallable(fn)) return report(`it takes a definition or a handle of a call; this is ${isStream(fn) ? 'a stream' : typeName(fn)}`);
    if (typeof args !== 'function') return report(`its arguments are given as (result) => [...]; this is ${typeName(args)}`);
    const list: unknown = args(step);
    if (!Array.isArray(list)) return report(`the arguments are given as a list; this is ${typeName(list)}`);
    checkKeys(options, compensateOptions, report);
    const { need, version = rangeOf(fn), target, timeoutMs, retry } = options;
    const data = {
      args: argumentData(list, { flow: this, report }),
      need,
      version: version === '*' ? undefined : version,
      target,
      timeoutMs,
      retry,
    };
    const given = Object.entries(data).filter(([, value]) => value !== undefined);
    this.#commands.set(command.name, Object.freeze({ ...command, compensate: { fun: fn.name, ...Object.fromEntries(given) } }));
  }

  #command(name: string, fn: CallableHead, { args, options }: Omit<StepCall, 'fn'>): Command {
    const report = (message: string): void => this.report(message, name);
    checkKeys(options, stepOptions, report);
    const version = options.version ?? rangeOf(fn);
    return Object.freeze({
      name,
      fun: fn.name,
      args: argumentData(args, { flow: this, report }),
      ...(options.need === undefined ? {} : { need: options.need }),
      ...(version === '*' ? {} : { version }),
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      ...(options.retry === undefined ? {} : { retry: options.retry }),
      ...(options.onFailure === undefined ? {} : { onFailure: failureData(options.onFailure, { flow: this, report }) }),
      ...(options.fuse === undefined ? {} : { fuse: options.fuse }),
      ...(options.after === undefined ? {} : { after: this.#after(options.after, report) }),
    });
  }

  #after(refs: readonly unknown[], report: (message: string) => void): readonly string[] {
    return refs.flatMap((ref) => {
      const source = findSource(ref);
      if (source?.kind === 'step' && isOfFlow(ref, this)) return [source.step];
      report(`"after" takes references to steps of this workflow; this is ${source ? 'none of them' : typeName(ref)}`);
      return [];
    });
  }
}

type CallableHead = Pick<HeddleFunction<never, unknown>, 'kind' | 'name' | 'version'>;

function isCallable(fn: unknown): fn is CallableHead {
  if (typeof fn !== 'object' || fn === null) return false;
  const head: Partial<CallableHead> = fn;
  return head.kind === 'call' && typeof head.name === 'string' && typeof head.version === 'string';
}

function isStream(fn: unknown): boolean {
  return typeof fn === 'object' && fn !== null && 'kind' in fn && fn.kind === 'stream';
}

function refuseUnbuilt(what: string): never {
  throw new HeddleError('bad_workflow', { problems: [{ message: `a builder has no "${what}" yet (known: step, input)` }] });
}
