/**
 * What a user wrote (data.ts) as records (record.ts): fields checked by name and type, references cut out, values
 * encoded. Used by the client for its own workflows and by the coordinator for those of foreign clients.
 *
 * Q1 every problem is found, not the first; structure (names, edges, cycles) is checked along with the rest.
 * Q2 nothing is guessed: an unknown field, a wrong type or an unknown `$` object is refused by name.
 */

import type { WorkflowProblem } from '../../errors.ts';
import type { Payload } from '../payload.ts';
import { readFuse, readNeed, readText, readTexts, readTimeout, withoutAbsent } from './command-fields.ts';
import { readEach } from './each-record.ts';
import { checkKeys, isPlain, type Report, short, typeName } from './fields.ts';
import { readOnFailure, readRetry } from './policies.ts';
import { Problems } from './problems.ts';
import type { Compensation, LooksBare, Template, WireCommand, WireReturns } from './record.ts';
import type { ReferenceContext } from './references.ts';
import { parseTemplate } from './references.ts';
import type { CheckedWorkflow } from './workflow.ts';
import { checkWorkflow, commandsMax } from './workflow.ts';

export interface ParseOptions {
  /** Overrides what the data says. */
  readonly returns?: unknown;
  /** Absent: explicit, and strings that look bare are noted. */
  readonly references?: 'explicit' | 'bare' | undefined;
  /** Whether the run is given an input. */
  readonly hasInput: boolean;
  /** Encodes a template; what it throws becomes a problem of the command (its message, and `path` if it has one). */
  readonly encode: (value: unknown) => Payload;
}

/** A workflow that is ready to be submitted. */
export interface ParsedWorkflow {
  readonly name: string | undefined;
  readonly commands: readonly WireCommand[];
  readonly returns: WireReturns;
  /** At most `looksBareMax` of them. */
  readonly looksBare: readonly LooksBare[];
  readonly checked: CheckedWorkflow;
}

/** Hints that one run gives. */
const looksBareMax = 100;

/** Reads `WorkflowData` or a list of commands. Throws `bad_workflow` with every problem. */
export function parseWorkflow(data: unknown, options: ParseOptions): ParsedWorkflow {
  const problems = new Problems();
  const record = readData(data, problems);
  if (!record || record.commands.length > commandsMax) {
    if (record) problems.report(`there are ${record.commands.length} commands, the limit is ${commandsMax}`);
    throw problems.error();
  }
  const names = new Set(
    record.commands.flatMap((command) => (isPlain(command) && typeof command['name'] === 'string' ? [command['name']] : [])),
  );
  const reader = new CommandReader(names, options, problems);
  const commands = record.commands.map((command, at) => reader.read(command, at));
  const returns = readReturns(options.returns ?? record.returns, names, { encode: options.encode, problems });
  const known: readonly WorkflowProblem[] = problems.listed;
  const checked = checkWorkflow({ commands, returns, hasInput: options.hasInput }, known);
  return { name: record.name, commands, returns, looksBare: reader.looksBare, checked };
}

interface DataHead {
  readonly name: string | undefined;
  readonly commands: readonly unknown[];
  readonly returns: unknown;
}

function readData(data: unknown, problems: Problems): DataHead | undefined {
  const report = (message: string): void => problems.report(message);
  if (Array.isArray(data)) return { name: undefined, commands: data, returns: undefined };
  if (!isPlain(data))
    return void report(`a workflow is a list of commands, or an object with "commands"; this is ${typeName(data)}${builtHint(data)}`);
  checkKeys(data, workflowKeys, report);
  const commands = data['commands'];
  if (!Array.isArray(commands)) return void report(`"commands" takes a list, found ${typeName(commands)}`);
  return { name: readText(data, 'name', report), commands, returns: data['returns'] };
}

function builtHint(data: unknown): string {
  const isBuilt = typeof data === 'object' && data !== null && 'toJSON' in data;
  return isBuilt ? ' (run(flow, input) takes what workflow() built; as data it is flow.toJSON())' : '';
}

const workflowKeys = { what: 'workflow field', names: ['name', 'commands', 'returns'] };
const commandKeys = {
  what: 'command field',
  names: [
    'name',
    'fun',
    'args',
    'need',
    'version',
    'after',
    'target',
    'timeoutMs',
    'retry',
    'onFailure',
    'compensate',
    'each',
    'parallel',
    'fuse',
  ],
};

const compensationKeys = { what: 'field of "compensate"', names: ['fun', 'args', 'need', 'version', 'target', 'timeoutMs', 'retry'] };

class CommandReader {
  readonly looksBare: LooksBare[] = [];
  readonly #names: ReadonlySet<string>;
  readonly #options: ParseOptions;
  readonly #problems: Problems;

  constructor(names: ReadonlySet<string>, options: ParseOptions, problems: Problems) {
    this.#names = names;
    this.#options = options;
    this.#problems = problems;
  }

  read(data: unknown, at: number): WireCommand {
    const label = isPlain(data) && typeof data['name'] === 'string' && data['name'] !== '' ? data['name'] : `number ${at + 1}`;
    const report = (message: string): void => this.#problems.report(message, label);
    const fields = isPlain(data) ? data : {};
    if (fields !== data) report(`a command is an object with "name" and "fun"; this is ${typeName(data)}`);
    else checkKeys(fields, commandKeys, report);
    const optional = {
      need: readNeed(fields['need'], report),
      version: readText(fields, 'version', report),
      target: readText(fields, 'target', report),
      timeoutMs: readTimeout(fields['timeoutMs'], report),
      attemptsMax: readRetry(fields['retry'], report),
      compensate: this.#compensation(fields['compensate'], label, report),
      each: readEach(fields, { report, template: (value) => this.#template(value, label, (message) => report(`each: ${message}`)) }),
      onFailure: readOnFailure(fields['onFailure'], { report, encode: (value) => this.#encoded(value, report) }),
      fuse: readFuse(fields['fuse'], report),
    };
    return {
      // A missing name or function gets a stand-in: it is reported here, and must not be reported twice.
      name: readText(fields, 'name', report) ?? (fields['name'] === undefined ? '' : label),
      function: readText(fields, 'fun', report) ?? (fields['fun'] === undefined ? '' : label),
      args: this.#arguments(fields['args'] ?? [], label, report),
      after: readTexts(fields['after'], 'after', report) ?? [],
      ...withoutAbsent(optional),
    };
  }

  #compensation(data: unknown, step: string, tell: Report): Compensation | undefined {
    if (data === undefined) return undefined;
    const report = (message: string): void => tell(`compensate: ${message}`);
    if (!isPlain(data)) return void report(`it is an object with "fun" and "args"; this is ${typeName(data)}`);
    checkKeys(data, compensationKeys, report);
    const name = readText(data, 'fun', report);
    if (name === undefined) return data['fun'] === undefined ? void report('"fun" names the function that undoes the step') : undefined;
    const optional = {
      need: readNeed(data['need'], report),
      version: readText(data, 'version', report),
      target: readText(data, 'target', report),
      timeoutMs: readTimeout(data['timeoutMs'], report),
      attemptsMax: readRetry(data['retry'], report),
    };
    return { function: name, args: this.#arguments(data['args'] ?? [], step, report), ...withoutAbsent(optional) };
  }

  #encoded(value: unknown, report: Report): Payload | undefined {
    try {
      return this.#options.encode(value);
    } catch (error) {
      return void report(encodeFault(error));
    }
  }

  #arguments(args: unknown, step: string, report: Report): Template {
    if (!Array.isArray(args)) report(`"args" takes the list of arguments, found ${typeName(args)}`);
    return this.#template(Array.isArray(args) ? args : [], step, report);
  }

  #template(value: unknown, step: string, report: Report): Template {
    const { references, encode } = this.#options;
    const onLooksBare = (text: string): void => {
      const isNews = text !== step && this.looksBare.length < looksBareMax;
      if (isNews) this.looksBare.push({ step, text });
    };
    const context = { names: this.#names, isBare: references === 'bare', report, ...(references === undefined ? { onLooksBare } : {}) };
    return readTemplate(value, context, encode);
  }
}

function readTemplate(value: unknown, context: ReferenceContext, encode: ParseOptions['encode']): Template {
  const parsed = parseTemplate(value, context);
  try {
    return { value: encode(parsed.value), holes: parsed.holes };
  } catch (error) {
    context.report(encodeFault(error));
    return { value: nothing, holes: parsed.holes };
  }
}

/** Stands for a template that could not be encoded; the problem is reported, so it goes nowhere. */
const nothing: Payload = { encoding: 'undefined', bytes: new Uint8Array(0) };

function encodeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'the value cannot be encoded';
  const path = 'path' in error && Array.isArray(error.path) ? error.path : [];
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return place === '' ? error.message : `${place}: ${error.message}`;
}

function readReturns(
  returns: unknown,
  names: ReadonlySet<string>,
  { encode, problems }: Pick<ParseOptions, 'encode'> & { readonly problems: Problems },
): WireReturns {
  const report = (message: string): void => problems.report(`returns: ${message}`);
  if (returns === undefined || returns === 'leaves') return { kind: 'leaves' };
  if (returns === 'all') return { kind: 'all' };
  if (typeof returns === 'string') {
    report(
      `takes 'leaves', 'all', a list of steps, or references; found "${short(returns)}"${names.has(returns) ? ` (for one step write ["${short(returns)}"])` : ''}`,
    );
    return { kind: 'leaves' };
  }
  if (Array.isArray(returns) && returns.every((step) => typeof step === 'string')) return { kind: 'steps', steps: returns };
  checkShape(returns, report, 0);
  return { kind: 'shape', shape: readTemplate(returns, { names, isBare: false, report }, encode) };
}

/** A shape holds references and nothing else that could be mistaken for one. */
function checkShape(shape: unknown, report: Report, depth: number): void {
  if (depth > 64) return; // the encoder refuses it
  if (Array.isArray(shape)) for (const part of shape) checkShape(part, report, depth + 1);
  else if (!isPlain(shape))
    report(
      `takes references, in lists and objects; found ${typeName(shape)}${typeof shape === 'string' ? ` (for a step write { "$ref": "${short(shape)}" })` : ''}`,
    );
  else if (!Object.keys(shape).some((key) => key.startsWith('$')))
    for (const part of Object.values(shape)) checkShape(part, report, depth + 1);
}
