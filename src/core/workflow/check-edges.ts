/**
 * A workflow's edges against the schemas in the catalog: what a step gives must be able to be what the next one takes.
 *
 * S1 an edge is refused only where both ends are known and no value could pass, at whichever offers the two commands
 *    land: what could be right runs, and the validators have the last word.
 *    A stream of bytes is known for what it is: nothing of JSON, without parts.
 * S2 a refusal names both ends: the argument, the part of the result, the functions with their versions, and the types.
 * Comparing schemas is core/schema/fit.ts; whether there are offers at all is check.ts.
 */

import type { OfferQuery } from '../catalog/match.ts';
import type { FunctionRecord } from '../catalog/offer.ts';
import type { Path } from '../payload.ts';
import { elementsOf, findMisfit, type Misfit, partsOf, schemaText, wordsUnlessBytes } from '../schema/fit.ts';
import { type FunctionSchemas, readSchemas, type SchemaNode } from '../schema/json-schema.ts';
import { short } from './fields.ts';
import { askedKindOf, type OfferSource, queryKey, queryOf } from './offer-source.ts';
import type { Problems } from './problems.ts';
import type { Hole, HoleSource, WireCommand } from './record.ts';
import type { CheckedCommand, CheckedWorkflow } from './workflow.ts';

/** One version of a function as some offer of it describes it. */
interface Described {
  readonly title: string;
  /** As a step it gives a stream of bytes. */
  readonly isStream: boolean;
  readonly schemas: FunctionSchemas;
}

/** Reports every edge that cannot pass a value. Cost: the commands; the edges, where some function of them says what it gives. */
export function checkEdges(workflow: CheckedWorkflow, offers: OfferSource, problems: Problems): void {
  const book = new SchemaBook(offers);
  const isSilent = ({ command }: CheckedCommand): boolean =>
    book.of(command).every(({ schemas, isStream }) => schemas.output === undefined && !isStream);
  if (workflow.commands.every(isSilent)) return;
  for (const { command } of workflow.commands) {
    const holes = [...(command.each?.list.holes ?? []), ...command.args.holes];
    for (const hole of holes) {
      const fault = edgeFault(hole, command, { workflow, book });
      if (fault !== undefined) problems.report(fault, command.name);
    }
  }
}

interface Ends {
  readonly workflow: CheckedWorkflow;
  readonly book: SchemaBook;
}

function edgeFault(hole: Hole, command: WireCommand, { workflow, book }: Ends): string | undefined {
  const list = command.each?.list.holes[0];
  const isItem = hole.source.kind === 'item';
  const source = isItem ? list?.source : hole.source;
  if (source?.kind !== 'step') return undefined;
  const { step, path } = source;
  const producer = workflow.commands[workflow.positions.get(step) ?? -1]?.command;
  // A fallback may be anything.
  const givers = producer === undefined || producer.onFailure?.kind === 'fallback' ? [] : book.of(producer);
  if (givers.length > 0 && givers.every(({ isStream }) => isStream)) return streamFault(hole, { source, givers, takers: book.of(command) });
  if (givers.length === 0 || givers.some(({ schemas }) => schemas.output === undefined)) return undefined;
  const takers = book.of(command);
  const reference = [step, ...path, ...(isItem ? ['*', ...hole.source.path] : [])].join('.');
  let fault: string | undefined;
  for (const giver of givers) {
    const whole = producer && giver.schemas.output && resultParts(giver.schemas.output, producer, path);
    const given = isItem ? whole && elementParts(whole, hole.source.path) : whole;
    if (given === undefined) return undefined;
    if (hole === list && given.length > 0) {
      if (elementsOf(given)?.length !== 0) return undefined;
      fault ??= `each: "${short(reference)}" is never a list: ${giver.title} gives ${schemaText(given)}`;
      continue;
    }
    if (given.length === 0) {
      fault ??= `${hole === list ? 'each' : placeText(hole.at)}: "${short(reference)}" is never there: no result of ${giver.title} has it`;
      continue;
    }
    const misfits = takers.map((taker) => ({ taker, misfit: misfitAt(hole.at, given, taker) }));
    const [first] = misfits;
    if (first?.misfit === undefined || misfits.some(({ misfit }) => misfit === undefined)) return undefined;
    fault ??= faultText({ hole, reference, giver, taker: first.taker }, first.misfit);
  }
  return fault;
}

interface StreamEdge {
  readonly source: Extract<HoleSource, { kind: 'step' }>;
  readonly givers: readonly Described[];
  readonly takers: readonly Described[];
}

/** The result of a stream is bytes, which are read from the beginning: it has no parts, and is nothing that JSON has. */
function streamFault({ at, source: from }: Hole, { source, givers, takers }: StreamEdge): string | undefined {
  const { step, path } = source;
  const gives = `${givers[0]?.title} gives a stream of bytes`;
  // The edge of the list says it.
  if (from.kind === 'item') return undefined;
  if (at.length === 0) return `each: "${short(step)}" is never a list: ${gives}`;
  if (path.length > 0) return `${placeText(at)}: "${short([step, ...path].join('.'))}" is never there: ${gives}`;
  const words = takers.map(({ schemas }) => takenWords(schemas.input?.[Number(at[0])], at));
  if (words.length === 0 || words.includes(undefined)) return undefined;
  return `${placeText(at)}: "${short(step)}" does not fit: ${gives}, ${takers[0]?.title} takes ${words[0]}`;
}

function takenWords(argument: SchemaNode | undefined, at: Path): string | undefined {
  const [taken] = (argument && partsOf(argument, at.slice(1))) ?? [];
  return taken && wordsUnlessBytes(taken);
}

/** What a path leads to in the result of a command, which is a list of its function's where it maps one. */
function resultParts(output: SchemaNode, { each }: WireCommand, path: Path): readonly SchemaNode[] | undefined {
  if (!each) return partsOf(output, path);
  const [index] = path;
  if (index === undefined) return [{ schema: { type: 'array', items: output.schema }, root: output.root }];
  return Number.isInteger(Number(index)) ? partsOf(output, path.slice(1)) : [];
}

/** What a path leads to in the elements; undefined also where there are none, which the edge of the list says. */
function elementParts(lists: readonly SchemaNode[], path: Path): readonly SchemaNode[] | undefined {
  const elements = elementsOf(lists);
  if (elements === undefined || elements.length === 0) return undefined;
  const parts = elements.map((element) => partsOf(element, path));
  return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

function misfitAt(at: Path, given: readonly SchemaNode[], { schemas }: Described): Misfit | undefined {
  const argument = schemas.input?.[Number(at[0])];
  const taken = argument && partsOf(argument, at.slice(1));
  return taken === undefined || taken.length === 0 ? undefined : findMisfit(given, taken);
}

interface Edge {
  readonly hole: Hole;
  readonly reference: string;
  readonly giver: Described;
  readonly taker: Described;
}

function faultText({ hole, reference, giver, taker }: Edge, misfit: Misfit): string {
  const inside = misfit.path.length === 0 ? '' : ` at ${placeText(misfit.path, '')}`;
  return `${placeText(hole.at)}: "${short(reference)}" does not fit${inside}: ${giver.title} gives ${misfit.given}, ${taker.title} takes ${misfit.taken}`;
}

function placeText(path: Path, root = 'args'): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${short(key)}`)).join('');
  return `${root}${text}`;
}

/** The schemas of all offers that a command may land on, read once for each. */
class SchemaBook {
  readonly #offers: OfferSource;
  readonly #byQuery = new Map<string, readonly Described[]>();
  readonly #byText = new Map<string, FunctionSchemas>();

  constructor(offers: OfferSource) {
    this.#offers = offers;
  }

  /** One for each version and pair of texts; empty when nobody offers it just now. */
  of(command: WireCommand): readonly Described[] {
    const query = queryOf(command, askedKindOf(command));
    const key = queryKey(query);
    const known = this.#byQuery.get(key);
    if (known) return known;
    const described = this.#describe(query);
    this.#byQuery.set(key, described);
    return described;
  }

  #describe(query: OfferQuery): readonly Described[] {
    const mismatch = this.#offers.mismatchTest(query);
    const found = new Map<string, Described>();
    for (const offer of this.#offers.offersOf(query.function)) {
      if (mismatch(offer) !== undefined) continue;
      const { name, version, kind, inputSchema, outputSchema } = offer.record;
      const key = JSON.stringify([version, kind, inputSchema, outputSchema]);
      if (found.has(key)) continue;
      const schemas = this.#read(offer.record);
      // Of a stream it describes an item.
      const isStream = kind === 'stream';
      found.set(key, { title: `${name} ${version}`, isStream, schemas: isStream ? { input: schemas.input, output: undefined } : schemas });
    }
    return [...found.values()];
  }

  #read(record: FunctionRecord): FunctionSchemas {
    const key = JSON.stringify([record.inputSchema, record.outputSchema]);
    const known = this.#byText.get(key) ?? readSchemas(record);
    this.#byText.set(key, known);
    return known;
  }
}
