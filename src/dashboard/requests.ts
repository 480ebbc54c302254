/**
 * What the page asks for: one call, a run, an explanation. Each is read strictly, done in the name of the server, and answered
 * as text for a person.
 *
 * Q1 values are JSON with its forms, both ways; a result is cut at `textMax` characters, a stream after `itemsMax` items.
 * Q2 what fails is an answer as well: code, `executed`, message.
 */

import { thrownText } from '../base/thrown.ts';
import { HeddleError } from '../errors.ts';
import type { CallOptions } from '../fabric/api/api.ts';
import type { DashboardSource } from '../fabric/server/dashboard-port.ts';
import { parseJson, parseWorkflowJson } from '../wire/json-forms.ts';
import type { CallAnswer } from './feed.ts';
import { asJson, cut, textMax } from './run-feed.ts';

const itemsMax = 100;
const timeoutMsDefault = 30_000;

/** A body as it came: an object, or nothing that is known here. */
export type Body = Readonly<Record<string, unknown>>;

export async function answerCall(source: DashboardSource, body: Body): Promise<CallAnswer> {
  const name = textIn(body, 'function');
  const args = listIn(body, 'args');
  const options: CallOptions = {
    version: optionalText(body, 'version'),
    need: needIn(body),
    timeoutMs: typeof body['timeoutMs'] === 'number' ? body['timeoutMs'] : timeoutMsDefault,
  };
  const isStream = source.offers().some((offer) => offer.function === name && offer.kind === 'stream');
  const beganMs = source.clock.nowMs();
  const elapsedMs = (): number => source.clock.nowMs() - beganMs;
  try {
    if (isStream) return { ok: true, ...(await firstItems(source.stream(name, args, options))), elapsedMs: elapsedMs() };
    return { ok: true, ...cut(asJson(await source.call(name, args, options), 2), textMax), elapsedMs: elapsedMs() };
  } catch (error) {
    if (!HeddleError.is(error)) throw error;
    return { ok: false, code: error.code, executed: error.executed, message: error.message, elapsedMs: elapsedMs() };
  }
}

/** Gives the id of the run once it is accepted. Throws `bad_argument`, `bad_workflow` and what else refuses it. */
export async function answerSubmit(source: DashboardSource, body: Body): Promise<{ readonly runId: string }> {
  const workflow = workflowIn(body);
  const input = optionalText(body, 'input');
  const options = input === undefined || input.trim() === '' ? {} : { input: jsonIn('input', input, parseJson) };
  return { runId: await source.submit(workflow, options) };
}

export async function answerExplain(source: DashboardSource, body: Body): Promise<object> {
  if (body['workflow'] !== undefined) return source.explain(workflowIn(body));
  return source.explain(textIn(body, 'function'), { need: needIn(body) });
}

/** What the offers of a function say of its arguments and its result, as JSON Schema. */
export function answerFunction(source: DashboardSource, name: string, version: string): object | undefined {
  const offer = source.offers({ schemas: true }).find((one) => one.function === name && one.version === version);
  if (!offer) return undefined;
  const { inputSchema, outputSchema } = offer;
  return {
    ...(inputSchema === undefined ? {} : { inputSchema: JSON.parse(inputSchema) as unknown }),
    ...(outputSchema === undefined ? {} : { outputSchema: JSON.parse(outputSchema) as unknown }),
  };
}

/** One line an item. */
async function firstItems(items: AsyncIterable<unknown>): Promise<{ readonly text: string; readonly isCut: boolean }> {
  const lines: string[] = [];
  let chars = 0;
  for await (const item of items) {
    if (lines.length >= itemsMax || chars >= textMax) return { text: lines.join('\n').slice(0, textMax), isCut: true };
    const line = asJson(item);
    lines.push(line);
    chars += line.length;
  }
  return cut(lines.join('\n'), textMax);
}

function workflowIn(body: Body): unknown {
  const workflow = jsonIn('workflow', textIn(body, 'workflow'), parseWorkflowJson);
  if (Array.isArray(workflow) || (typeof workflow === 'object' && workflow !== null && 'commands' in workflow)) return workflow;
  throw wrong('workflow', '{ "commands": [...] }, or the list of commands', 'something else');
}

function listIn(body: Body, key: string): readonly unknown[] {
  const value = jsonIn(key, textIn(body, key), parseJson);
  if (Array.isArray(value)) return value;
  throw wrong(key, 'a JSON list of the arguments, such as [1, "two"]', 'a value that is no list');
}

function needIn(body: Body): readonly string[] | undefined {
  const need = body['need'];
  if (need === undefined || (Array.isArray(need) && need.length === 0)) return undefined;
  if (Array.isArray(need) && need.every((tag) => typeof tag === 'string')) return need;
  throw wrong('need', 'a list of resources', typeof need);
}

function textIn(body: Body, key: string): string {
  const value = body[key];
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw wrong(key, 'a text', value === undefined ? 'nothing' : typeof value);
}

function optionalText(body: Body, key: string): string | undefined {
  return body[key] === undefined || body[key] === '' ? undefined : textIn(body, key);
}

function jsonIn(key: string, text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw wrong(key, 'JSON', thrownText(error));
  }
}

function wrong(key: string, expected: string, found: string): HeddleError {
  return new HeddleError('bad_argument', { path: [key], expected, found });
}
