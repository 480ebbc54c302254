/**
 * Submitting workflows, the same for a client and a server: read and checked here, then given to the engine.
 *
 * R1 what is wrong with the data is found before anything is sent; the handle's promises carry it, so that
 *    `run` and `submit` never throw.
 * R2 the runId exists before the run: chosen by the caller, or `<server>~<instance>~<number>`, which tells
 *    any server where to look for it.
 */

import { checkName, describeFound } from '../../core/names.ts';
import type { Path, Payload } from '../../core/payload.ts';
import { inputSchemaOf, type Workflow } from '../../core/workflow/builder.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { type ParsedWorkflow, parseWorkflow } from '../../core/workflow/parse.ts';
import { HeddleError } from '../../errors.ts';
import { Tracing } from '../../observe/tracing.ts';
import { encodeValue } from '../../wire/value.ts';
import { argumentError } from '../../wire/value-problem.ts';
import type { RunOptions, SubmitOptions } from '../api/api.ts';
import { checkOptions } from '../api/known-options.ts';
import { validateInput } from '../api/validation.ts';
import { checkSignal, checkTimeout } from '../call/call-options.ts';
import type { ValueSource } from './collected-run.ts';
import { FlowReader } from './flow-reader.ts';
import type { RunEngine, SubmitRequest } from './run-engine.ts';
import { RunHandle } from './run-handle.ts';
import { submittedUnderSpan } from './traced-runs.ts';

export interface RunCallerOptions {
  readonly engine: RunEngine;
  /** Of results that were too large to be sent along. */
  readonly values: ValueSource;
  /** Name of the server that will coordinate, as far as it is known. */
  readonly coordinator: () => string;
  readonly instance: string;
  readonly refusal: () => HeddleError | undefined;
}

const runOptionNames = ['runId', 'detached', 'timeoutMs', 'signal'] as const;
const submitOptionNames = [...runOptionNames, 'returns', 'references', 'input'] as const;

export class RunCaller {
  readonly #options: RunCallerOptions;
  readonly #flows = new FlowReader();
  readonly #tracing = new Tracing();
  #number = 0;

  constructor(options: RunCallerOptions) {
    this.#options = options;
  }

  submit(data: unknown, options: unknown = {}): RunHandle {
    return this.#begin(options, (handle) => {
      const known = checkSubmitOptions(options);
      this.#send(handle, requestOf(handle, parsedData(data, known), known), known);
    });
  }

  run(flow: Workflow<never, unknown>, input: unknown, options: unknown = {}): RunHandle {
    return this.#begin(options, (handle) => {
      const known = checkRunOptions(options, runOptionNames);
      if (typeof flow !== 'object' || flow === null || typeof flow.toJSON !== 'function') {
        throw new HeddleError('bad_argument', { path: ['flow'], expected: 'what workflow(name, build) gave', found: typeName(flow) });
      }
      const send = async (): Promise<void> => {
        const schema = inputSchemaOf(flow);
        const valid = schema ? await validateInput(schema, input) : input;
        const parsed = this.#flows.read(flow.toJSON(), valid !== undefined);
        this.#send(handle, requestOf(handle, parsed, { input: valid, ...known }), known);
      };
      send().catch((error: unknown) => handle.onFailure(asHeddleError(error)));
    });
  }

  attach(runId: unknown): RunHandle {
    const handle = new RunHandle(typeof runId === 'string' ? runId : '', this.#options);
    try {
      this.#refuse();
      checkRunId(runId, 'runId');
      handle.send(() => void this.#options.engine.attach(handle.runId, 1, handle), undefined);
    } catch (error) {
      handle.onFailure(asHeddleError(error));
    }
    return handle;
  }

  #begin(options: unknown, send: (handle: RunHandle) => void): RunHandle {
    const handle = new RunHandle(chosenRunId(options) ?? this.#nextRunId(), this.#options);
    try {
      this.#refuse();
      send(handle);
    } catch (error) {
      handle.onFailure(asHeddleError(error));
    }
    return handle;
  }

  #send(handle: RunHandle, request: SubmitRequest, options: RunOptions): void {
    // Again: validating the input may have taken a while.
    this.#refuse();
    const [sent, follower] = submittedUnderSpan(this.#tracing, request, handle);
    handle.send(() => void this.#options.engine.submit(sent, follower), options.signal);
  }

  #refuse(): void {
    const refusal = this.#options.refusal();
    if (refusal) throw refusal;
  }

  #nextRunId(): string {
    this.#number += 1;
    return `${this.#options.coordinator()}~${this.#options.instance.slice(0, 12)}~${this.#number}`;
  }
}

/** The server that a made runId names; undefined for one that a caller chose. */
export function coordinatorOf(runId: string): string | undefined {
  return /^(.+)~[0-9a-f]{12}~\d+$/.exec(runId)?.[1];
}

/** Commands as data, checked as far as they can be without a catalog; every rule broken is in the `bad_workflow` that it throws. */
export function parsedData(
  data: unknown,
  {
    input,
    returns,
    references,
  }: { readonly input?: unknown; readonly returns?: unknown; readonly references?: 'explicit' | 'bare' | undefined },
): ParsedWorkflow {
  return parseWorkflow(data, {
    ...(returns === undefined ? {} : { returns }),
    references,
    hasInput: input !== undefined,
    encode: (value) => encodeValue(value),
  });
}

function requestOf({ runId }: RunHandle, parsed: ParsedWorkflow, options: SubmitOptions): SubmitRequest {
  const { input } = options;
  return {
    runId,
    name: parsed.name,
    commands: parsed.commands,
    returns: parsed.returns,
    checked: parsed.checked,
    input: input === undefined ? undefined : encodedInput(input),
    timeoutMs: options.timeoutMs,
    isDetached: options.detached === true,
    looksBare: parsed.looksBare,
    seats: undefined,
    identity: undefined,
    trace: undefined,
  };
}

function encodedInput(input: unknown): Payload {
  try {
    return encodeValue(input);
  } catch (problem) {
    throw argumentError(problem, 'the input');
  }
}

function chosenRunId(options: unknown): string | undefined {
  const runId: unknown = typeof options === 'object' && options !== null && 'runId' in options ? options.runId : undefined;
  return typeof runId === 'string' ? runId : undefined;
}

function checkRunOptions(options: unknown, names: readonly string[]): SubmitOptions {
  const known = checkOptions(options, names, 'options');
  if (known['runId'] !== undefined) checkRunId(known['runId'], 'options', 'runId');
  if (known['detached'] !== undefined && typeof known['detached'] !== 'boolean') {
    throw new HeddleError('bad_argument', {
      path: ['options', 'detached'],
      expected: 'true or false',
      found: describeFound(known['detached']),
    });
  }
  checkTimeout(known['timeoutMs'], 'options');
  checkSignal(known['signal'], 'options');
  return known; // every field was checked, or is checked by parseWorkflow
}

function checkSubmitOptions(options: unknown): SubmitOptions {
  const known = checkRunOptions(options, submitOptionNames);
  const references: unknown = known.references;
  if (references === undefined || references === 'explicit' || references === 'bare') return known;
  throw new HeddleError('bad_argument', {
    path: ['options', 'references'],
    expected: "'explicit' or 'bare'",
    found: describeFound(references),
  });
}

/** Throws `bad_argument`. */
export function checkRunId(runId: unknown, ...path: Path): void {
  checkName('run', runId, path);
}

function asHeddleError(error: unknown): HeddleError {
  return HeddleError.is(error) ? error : new HeddleError('bad_argument', { path: [], expected: 'a workflow', found: String(error) });
}
