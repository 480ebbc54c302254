/**
 * The functions that one server offers, by name and version.
 *
 * R1 what cannot be offered is refused with its key and what to do; then nothing of that record is added.
 * R2 a name and version is offered once.
 * R3 names are keys of Maps: `constructor` is a name like any other.
 * R4 what is announced stays under 256 KiB: schema texts are left out where they do not fit, functions are refused.
 * R5 the slots that a function uses are there, as many as it uses.
 * R6 what is not offered cannot be withdrawn: a misspelt name would leave the function there.
 * What a definition must look like is define.ts; how offers get around is the mesh's.
 */

import { didYouMean } from '../../base/nearest.ts';
import { isRecord } from '../../base/objects.ts';
import { compareTexts } from '../../base/text-order.ts';
import type { CatalogBody, FunctionRecord } from '../../core/catalog/offer.ts';
import { comparePreferred } from '../../core/catalog/versions.ts';
import { checkName, describeFound } from '../../core/names.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import type { Functions } from '../api/api.ts';
import { checkYields, type Definition, definitionOf, effectDefault, type Handler, isClass, kindOf, versionDefault } from '../api/define.ts';
import { noSlots } from '../api/slot-counts.ts';
import { jsonSchemaOf, jsonSchemasOf } from './json-schema.ts';
import { SlotPool } from './slots.ts';

/** Largest announcement of one server, in bytes. */
const bodyBytesMax = 256 * 1024;
/** What a record takes beside its texts: tags, lengths, numbers. */
const recordBytes = 40;
const textBytes = 4;
/** Functions that a refusal names. */
const namesShown = 8;

/** Functions (each version counts) that one server offers. */
export const functionsMax = 2_000;

/** One function as one server offers it: the same object from its offer to its withdrawal. */
export interface ServedFunction {
  readonly definition: Definition;
  readonly record: FunctionRecord;
}

/** Why this server may not offer a function of this name. */
type Refusal = (name: string) => HeddleError | undefined;

type Versions = Map<string, ServedFunction>;

export class Registry {
  readonly #functions = new Map<string, Versions>();
  /** What functions may use. */
  readonly slots: SlotPool;
  readonly #refusal: Refusal;
  /** Offered, and not to be called just now. */
  readonly #suspended = new Set<ServedFunction>();
  #size = 0;

  /** Offers `functions` from the start; throws as `add` does. `slots`: what they may use. */
  constructor(functions: Functions = {}, slots: SlotPool = new SlotPool(), refusal: Refusal = () => undefined) {
    this.slots = slots;
    this.#refusal = refusal;
    this.add(functions);
  }

  /** How many functions are offered; each version counts. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds all of a record of definitions (under their own names) and plain functions (under their keys), or of a module
   * namespace that holds nothing else. Gives what was added. Throws `bad_argument`, `forbidden`, and adds none.
   */
  add(functions: Functions): readonly FunctionRecord[] {
    const added = definitionsOf(functions).map(({ key, definition }) => ({ key, served: served(definition) }));
    const given = new Set<string>();
    for (const { key, served } of added) {
      const refusal = this.#refusal(served.definition.name);
      if (refusal) throw refusal;
      this.#checkNew(key, served.definition, given);
      this.#checkSlots(key, served.definition);
    }
    this.#checkRoom(added.map(({ served }) => served.record));
    for (const { served } of added) this.#put(served);
    return added.map(({ served }) => served.record);
  }

  /** Takes every version of these names away, and gives what was taken. Throws `bad_argument` (R6), and takes none. */
  withdraw(names: readonly string[]): readonly FunctionRecord[] {
    for (const [at, name] of names.entries()) if (!this.#functions.has(name)) throw this.#notOffered(name, at);
    const taken = [...new Set(names)].flatMap((name) => [...(this.#functions.get(name)?.values() ?? [])]);
    for (const served of taken) this.#suspended.delete(served);
    for (const name of names) this.#functions.delete(name);
    this.#size -= taken.length;
    return taken.map(({ record }) => record);
  }

  /** Takes a function out of `find` and `body` for a while. False: it is not offered any more. */
  suspend(served: ServedFunction, isSuspended: boolean): boolean {
    const { name, version } = served.definition;
    if (this.#functions.get(name)?.get(version) !== served) return false;
    if (isSuspended) this.#suspended.add(served);
    else this.#suspended.delete(served);
    return true;
  }

  /** The function of this name and exact version; without a version the one to prefer. */
  find(name: string, version?: string): ServedFunction | undefined {
    const versions = this.#functions.get(name);
    if (version !== undefined) return this.#unlessSuspended(versions?.get(version));
    const served = [...(versions?.values() ?? [])].filter((one) => !this.#suspended.has(one));
    return served.sort((a, b) => comparePreferred(a.definition.version, b.definition.version))[0];
  }

  /** What the server announces, sorted by name, then version. */
  body(): CatalogBody {
    const offered = this.served().filter((served) => !this.#suspended.has(served));
    const functions = offered
      .map(({ record }) => record)
      .sort((a, b) => compareTexts(a.name, b.name) || compareTexts(a.version, b.version));
    return { functions: bytesOf(functions) <= bodyBytesMax ? functions : functions.map(withoutSchemas) };
  }

  /** Every function and version. */
  served(): readonly ServedFunction[] {
    return [...this.#functions.values()].flatMap((versions) => [...versions.values()]);
  }

  #unlessSuspended(served: ServedFunction | undefined): ServedFunction | undefined {
    return served !== undefined && this.#suspended.size > 0 && this.#suspended.has(served) ? undefined : served;
  }

  #notOffered(name: string, at: number): HeddleErrorOf<'bad_argument'> {
    const known = [...this.#functions.keys()];
    const more = known.length > namesShown ? ` and ${known.length - namesShown} more` : '';
    const all = known.length === 0 ? 'none' : `${known.slice(0, namesShown).join(', ')}${more}`;
    const hint = didYouMean(name, known);
    return new HeddleError('bad_argument', {
      path: ['names', at],
      expected: `a function that this server offers (${all})`,
      found: `${describeFound(name)}${hint === undefined ? '' : `; ${hint}`}`,
    });
  }

  /** R4. */
  #checkRoom(added: readonly FunctionRecord[]): void {
    const count = this.#size + added.length;
    if (count > functionsMax) throw wrong(undefined, `at most ${functionsMax} functions at one server`, `${count}`);
    const bytes = bytesOf([...this.served().map(({ record }) => record), ...added].map(withoutSchemas));
    if (bytes > bodyBytesMax) throw wrong(undefined, `names and resources of at most ${bodyBytesMax} bytes in all`, `${bytes}`);
  }

  #put(served: ServedFunction): void {
    const { name, version } = served.definition;
    const versions: Versions = this.#functions.get(name) ?? new Map<string, ServedFunction>();
    versions.set(version, served);
    this.#functions.set(name, versions);
    this.#size += 1;
  }

  /** R5. */
  #checkSlots(key: string, { uses }: Definition): void {
    for (const [name, count] of uses ?? noSlots) {
      const path = ['functions', key, 'uses', name];
      const { names } = this.slots;
      const known = names.length === 0 ? 'this server has none' : `it has ${names.join(', ')}`;
      const slot = this.slots.find(name);
      if (!slot)
        throw new HeddleError('bad_argument', {
          path,
          expected: `a slot of the server (${known}); declare it with slots`,
          found: describeFound(name),
        });
      if (count > slot.total)
        throw new HeddleError('bad_argument', { path, expected: `at most the ${slot.total} that the server has`, found: `${count}` });
    }
  }

  /** R2, also among those that are added together; `given` grows. */
  #checkNew(key: string, { name, version }: Definition, given: Set<string>): void {
    const full = `${name}@${version}`;
    const isOffered = this.#functions.get(name)?.has(version) === true;
    if (isOffered || given.has(full)) {
      throw wrong(
        key,
        `one function of the name "${name}" and version ${version}; give this one another version or name`,
        isOffered ? 'one that is offered already' : 'two of them',
      );
    }
    given.add(full);
  }
}

interface KeyedDefinition {
  readonly key: string;
  readonly definition: Definition;
}

function definitionsOf(functions: unknown): readonly KeyedDefinition[] {
  if (!isRecord(functions) || definitionOf(functions)) {
    throw wrong(
      undefined,
      'one record, as in { functions: { resize, add } }',
      definitionOf(functions) ? 'a single definition' : typeName(functions),
    );
  }
  return Object.entries(functions).map(([key, value]) => ({ key, definition: definitionOf(value) ?? plain(key, value) }));
}

/** A plain function under its key: '1.0.0', `once`, no context. */
function plain(key: string, value: unknown): Definition {
  if (typeof value !== 'function')
    throw wrong(key, 'a definition or a function; keep constants, lists and objects out of the record', typeName(value));
  if (isClass(value)) throw wrong(key, 'a definition or a function; offer its methods one by one', 'a class');
  const handler = value as Handler; // a function that is no class can be called with anything
  checkYields(handler, ['functions', key]);
  if (key === 'default') throw wrong(key, 'a function with a name of its own; export it under one, or define it', 'a default export');
  return Object.freeze({
    name: checkName('function', key, ['functions', key]),
    version: versionDefault,
    resources: [],
    effect: effectDefault,
    kind: kindOf(handler),
    input: undefined,
    output: undefined,
    timeoutMs: undefined,
    concurrency: undefined,
    uses: undefined,
    handler,
    takesContext: false,
  });
}

function served(definition: Definition): ServedFunction {
  const { name, version, effect, kind, resources, timeoutMs, concurrency } = definition;
  const inputSchema = definition.input && jsonSchemasOf(definition.input);
  const outputSchema = definition.output && jsonSchemaOf(definition.output, 'output');
  const record: FunctionRecord = {
    name,
    version,
    effect,
    kind,
    resources: [...resources].sort(compareTexts),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
  return { definition, record: Object.freeze(record) };
}

function withoutSchemas({ inputSchema: _input, outputSchema: _output, ...record }: FunctionRecord): FunctionRecord {
  return record;
}

/** An upper bound of what the records take on the wire. */
function bytesOf(records: readonly FunctionRecord[]): number {
  const texts = records.flatMap(({ name, version, resources, inputSchema, outputSchema }) => [
    name,
    version,
    inputSchema ?? '',
    outputSchema ?? '',
    ...resources,
  ]);
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text) + textBytes, records.length * recordBytes);
}

function wrong(key: string | undefined, expected: string, found: string): HeddleErrorOf<'bad_argument'> {
  return new HeddleError('bad_argument', { path: key === undefined ? ['functions'] : ['functions', key], expected, found });
}
