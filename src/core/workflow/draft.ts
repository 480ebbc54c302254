/**
 * What a builder has said so far: its commands as data, and what is wrong with them.
 *
 * B1 plain values are always literals: what looks like a reference in data arrives unchanged.
 * B2 a step by definition or handle takes its version range from there (`rangeOf`), unless an option says otherwise.
 * The calls and their types are builder-api.ts.
 */

import type { WorkflowProblem } from '../../errors.ts';
import { HeddleError } from '../../errors.ts';
import type { OfferKind } from '../catalog/offer.ts';
import type { HeddleFunction } from '../function.ts';
import { rangeOf } from '../function.ts';
import type { Builder, CompensateOptions, StepOptions } from './builder-api.ts';
import type { Command, WorkflowData } from './data.ts';
import { checkKeys, isPlain, short, typeName } from './fields.ts';
import { argumentData, failureData, type LiteralContext, shapeData } from './literal.ts';
import type { Ref } from './ref.ts';
import { findSource, isOfFlow, makeRef } from './ref.ts';

const stepOptions = { what: 'step option', names: ['need', 'version', 'target', 'after', 'timeoutMs', 'retry', 'onFailure', 'fuse'] };

const eachOptions = { what: 'option of each', names: [...stepOptions.names, 'parallel', 'compensate'] };
const compensateOptions = { what: 'option of compensate', names: ['need', 'version', 'target', 'timeoutMs', 'retry'] };

/** What a step is told beside its name. */
interface StepCall {
  readonly fn: unknown;
  readonly args: readonly unknown[];
  readonly options: StepOptions<unknown>;
}

interface EachCall {
  readonly fn: unknown;
  readonly list: unknown;
  readonly args: unknown;
  readonly options: StepOptions<unknown> & { readonly parallel?: number | undefined; readonly compensate?: unknown };
}

/** What `build` has said so far. */
export class Draft {
  readonly #commands = new Map<string, Command>();
  readonly #problems: WorkflowProblem[] = [];

  report(message: string, command?: string): void {
    this.#problems.push(command === undefined ? { message } : { command, message });
  }

  builder<Input>(): Builder<Input> {
    return {
      input: makeRef<Input>({ kind: 'input', path: [] }, this),
      step: (...[name, fn, args, options = {}]) => this.#step(name, { fn, args, options: this.#asOptions(options, name) }),
      each: (...[name, fn, list, args, options = {}]) => this.#each(name, { fn, list, args, options: this.#asOptions(options, name) }),
      compensate: (...[step, fn, args, options = {}]) => this.#compensate(step, { fn, args, options: this.#asOptions(options) }),
    };
  }

  #asOptions<Options extends object>(options: Options, name?: unknown): Partial<Options> {
    if (isPlain(options)) return options;
    this.report(`options are given as an object; this is ${typeName(options)}`, name === undefined ? name : short(String(name)));
    return {};
  }

  /** Throws what was reported. */
  fail(): never {
    throw new HeddleError('bad_workflow', { problems: this.#problems });
  }

  finish(name: string, output: unknown): WorkflowData {
    const context = { flow: this, report: (message: string) => this.report(message) };
    const returns = output === undefined ? {} : { returns: shapeData(output, context) };
    if (this.#problems.length > 0) this.fail();
    return Object.freeze({ name, commands: Object.freeze([...this.#commands.values()]), ...returns });
  }

  #step<R>(name: string, { fn, args, options }: StepCall): Ref<R> {
    const report = this.#reporter(name);
    if (!isCallable(fn, 'call', 'stream')) report(notCallable('a step', fn));
    else if (!Array.isArray(args)) report(`the arguments are given as a list; this is ${typeName(args)}`);
    else {
      checkKeys(options, stepOptions, report);
      this.#commands.set(name, this.#command(name, fn, { args, options, context: { flow: this, report } }));
    }
    return makeRef<R>({ kind: 'step', step: name, path: [] }, this);
  }

  #each<R>(name: string, { fn, list, args, options }: EachCall): Ref<R> {
    const report = this.#reporter(name);
    const own = makeRef<R>({ kind: 'step', step: name, path: [] }, this);
    const isList = findSource(list) !== undefined && isOfFlow(list, this);
    if (!isList) report(`each takes a reference to a list of this workflow; this is ${findSource(list) ? 'none of its' : typeName(list)}`);
    if (!isCallable(fn, 'call')) report(notCallable('each', fn));
    else if (typeof args !== 'function') report(`the arguments of each are given as (item, index) => [...]; this is ${typeName(args)}`);
    else if (isList) {
      checkKeys(options, eachOptions, report);
      const context = { flow: this, report, each: {} };
      const parts = [makeRef({ kind: 'item', path: [] }, context.each), makeRef({ kind: 'index', path: [] }, context.each)];
      const given: unknown = args(...parts);
      if (!Array.isArray(given)) report(`the arguments are given as a list; this is ${typeName(given)}`);
      const command = this.#command(name, fn, { args: Array.isArray(given) ? given : [], options, context });
      const [each] = argumentData([list], context);
      const { parallel, compensate } = options;
      const undo = compensate === undefined ? undefined : this.#elementUndo(compensate, [own, ...parts], context);
      const more = { each, ...(parallel === undefined ? {} : { parallel }), ...(undo === undefined ? {} : { compensate: undo }) };
      // What a reference has become is one as data.
      this.#commands.set(name, Object.freeze({ ...command, ...more }) as Command);
    }
    return own;
  }

  #elementUndo(undo: unknown, parts: readonly unknown[], context: LiteralContext): Command['compensate'] {
    const tell = (message: string): void => context.report(`compensate: ${message}`);
    if (!isPlain(undo)) return void tell(`each takes { fn, args }; this is ${typeName(undo)}`);
    const { fn, args, ...options } = undo;
    return this.#undoOf({ fn, args, options, parts }, { ...context, report: tell });
  }

  #reporter(name: string): (message: string) => void {
    const report = (message: string): void => this.report(message, short(String(name)));
    if (this.#commands.has(name)) report('the name is used twice; every step needs its own');
    return report;
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
    if (command.each) return report('the elements of an each are undone one by one: give it as its option compensate: { fn, args }');
    if (command.compensate) return report('the step has an undo already');
    const compensate = this.#undoOf({ fn, args, options, parts: [step] }, { flow: this, report });
    if (compensate) this.#commands.set(command.name, Object.freeze({ ...command, compensate }));
  }

  /** `parts`: what the arguments of the undo are made from. */
  #undoOf(
    {
      fn,
      args,
      options,
      parts,
    }: { readonly fn: unknown; readonly args: unknown; readonly options: CompensateOptions; readonly parts: readonly unknown[] },
    context: LiteralContext,
  ): Command['compensate'] {
    const { report } = context;
    if (!isCallable(fn, 'call'))
      return void report(`it takes a definition or a handle of a call; this is ${isStream(fn) ? 'a stream' : typeName(fn)}`);
    if (typeof args !== 'function') return void report(`its arguments are given as (result) => [...]; this is ${typeName(args)}`);
    const list: unknown = args(...parts);
    if (!Array.isArray(list)) return void report(`the arguments are given as a list; this is ${typeName(list)}`);
    checkKeys(options, compensateOptions, report);
    const { need, version = rangeOf(fn), target, timeoutMs, retry } = options;
    const data = {
      args: argumentData(list, context),
      need,
      version: version === '*' ? undefined : version,
      target,
      timeoutMs,
      retry,
    };
    const given = Object.entries(data).filter(([, value]) => value !== undefined);
    return { fun: fn.name, ...Object.fromEntries(given) };
  }

  #command(
    name: string,
    fn: CallableHead,
    { args, options, context }: Omit<StepCall, 'fn'> & { readonly context: LiteralContext },
  ): Command {
    const { report } = context;
    const version = options.version ?? rangeOf(fn);
    return Object.freeze({
      name,
      fun: fn.name,
      args: argumentData(args, context),
      ...(options.need === undefined ? {} : { need: options.need }),
      ...(version === '*' ? {} : { version }),
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      ...(options.retry === undefined ? {} : { retry: options.retry }),
      ...(options.onFailure === undefined ? {} : { onFailure: failureData(options.onFailure, context) }),
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

/** Of a definition or handle. */
interface CallableHead extends Pick<HeddleFunction<never, unknown>, 'name' | 'version'> {
  readonly kind: OfferKind;
}

/** Whether it is a definition or handle of one of these kinds. */
function isCallable(fn: unknown, ...kinds: readonly OfferKind[]): fn is CallableHead {
  if (typeof fn !== 'object' || fn === null) return false;
  const head: Partial<CallableHead> = fn;
  return kinds.some((kind) => kind === head.kind) && typeof head.name === 'string' && typeof head.version === 'string';
}

function isStream(fn: unknown): boolean {
  return typeof fn === 'object' && fn !== null && 'kind' in fn && fn.kind === 'stream';
}

function notCallable(what: string, fn: unknown): string {
  return `${what} takes a definition (defineFunction) or a handle (remote) of a call; this is ${isStream(fn) ? 'a stream' : typeName(fn)}`;
}
