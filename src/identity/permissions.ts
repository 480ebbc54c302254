/**
 * Who may do what: the rules of `[[permissions]]`, and what they say of one identity, verb and name.
 *
 * P1 what no rule allows is not allowed. Rules only allow; their order does not matter.
 * P2 `*` stands for any characters. Without a kind a pattern is of clients, by token or certificate; servers are `server:PATTERN`, and
 *    nobody in particular is `anonymous`, which no pattern covers.
 * P3 a verdict that was given before costs two look-ups; what is remembered is bounded, whatever is asked.
 * P4 who may administer a server may observe it; who may observe it may change nothing.
 */

import { isRecord } from '../base/objects.ts';
import { HeddleError, type SettingsProblem } from '../errors.ts';
import { type Identity, type IdentityKind, parseIdentity } from './identity.ts';

/**
 * `call`: a call or stream of a function. `submit`: a step of a workflow that runs a function. `serve`: offering a function.
 * `relay`: passing on calls, steps and questions of clients, and saying whose they are. `observe`: seeing what a server does.
 * `administer`: draining it, ending runs of others, and what `observe` gives.
 */
const verbs = ['call', 'submit', 'serve', 'relay', 'observe', 'administer'] as const;
export type Verb = (typeof verbs)[number];

/** One rule: each of `who` may do all of `may` with each of `names`. */
export interface Permission {
  /** Patterns: `alice`, `team-*`, `token:*`, `certificate:*`, `server:gpu-*`, `anonymous`. */
  readonly who: readonly string[];
  readonly may: readonly Verb[];
  /** Patterns of functions; of servers for `observe` and `administer`. */
  readonly names: readonly string[];
}

const keys = ['who', 'may', 'names'] as const;
const patternCharsMax = 192;
const listMax = 1_000;
const rulesMax = 10_000;
/** Identities, and names of one verb of each, of which a verdict is remembered. */
const identitiesMax = 10_000;
const namesMax = 2_048;

/** The rules as they are given. Throws `bad_settings` with every problem; `place` says where a rule stands. */
export function checkPermissions(given: unknown, place = (at: number): string => `permissions[${at}]`): readonly Permission[] {
  if (!Array.isArray(given) || given.length > rulesMax) {
    throw new HeddleError('bad_settings', { problems: [{ key: 'permissions', message: `must be a list of at most ${rulesMax} rules` }] });
  }
  const problems = given.flatMap((rule: unknown, at) =>
    problemsOf(rule).map((problem) => ({ ...problem, key: `${place(at)}${problem.key}` })),
  );
  if (problems.length > 0) throw new HeddleError('bad_settings', { problems });
  return given as readonly Permission[]; // every field was checked
}

/** Of one rule; a key begins with a dot, or is empty. */
function problemsOf(rule: unknown): readonly (SettingsProblem & { readonly key: string })[] {
  if (!isRecord(rule)) {
    return [{ key: '', message: 'must be a table of who, may and names' }];
  }
  const unknown = Object.keys(rule).filter((key) => !keys.some((known) => known === key));
  const fields: Readonly<Record<string, unknown>> = { ...rule };
  return [
    ...unknown.map((key) => ({ key: `.${key}`, message: `is not known; a rule has ${keys.join(', ')}` })),
    ...keys.flatMap((key) => problemsOfList(key, fields[key])),
  ];
}

function problemsOfList(key: (typeof keys)[number], list: unknown): readonly (SettingsProblem & { readonly key: string })[] {
  if (!Array.isArray(list) || list.length === 0 || list.length > listMax) {
    return [{ key: `.${key}`, message: `must be a list of 1 to ${listMax} texts` }];
  }
  return list.flatMap((text: unknown) => {
    const message = problemOf(key, text);
    return message === undefined ? [] : [{ key: `.${key}`, message }];
  });
}

function problemOf(key: (typeof keys)[number], text: unknown): string | undefined {
  if (typeof text !== 'string' || text === '' || text.length > patternCharsMax) {
    return `holds what is no text of 1 to ${patternCharsMax} characters`;
  }
  if (key === 'may' && !verbs.some((verb) => verb === text)) return `knows no "${text.slice(0, 40)}"; there are ${verbs.join(', ')}`;
  if (key === 'who' && text.startsWith('anonymous:')) return `has "anonymous" with a name: it has none`;
  return undefined;
}

type Remembered = { readonly [V in Verb]: Set<string> };

export class Permissions {
  readonly #rules: readonly Permission[];
  readonly #remembered = new Map<string, Remembered>();

  /** `rules` as `checkPermissions` gives them. */
  constructor(rules: readonly Permission[]) {
    this.#rules = rules;
  }

  /** Whether an identity, by its text, may do this with that. */
  allows(identity: string, verb: Verb, name: string): boolean {
    const known = this.#remembered.get(identity);
    if (known?.[verb].has(name) === true) return true;
    const isAllowed = this.#judge(identity, verb, name);
    // Only what is allowed is kept: there are more names that are not than memory has room for.
    if (isAllowed) this.#remember(identity, verb, name);
    return isAllowed;
  }

  /** Whether any rule gives the identity anything, or this. Costs a walk over the rules. */
  mentions(identity: Identity, verb?: Verb): boolean {
    return this.#rules.some(({ who, may }) => (verb === undefined || gives(may, verb)) && who.some((one) => coversIdentity(one, identity)));
  }

  #judge(text: string, verb: Verb, name: string): boolean {
    const identity = parseIdentity(text);
    if (identity === undefined) return false;
    return this.#rules.some(
      ({ who, may, names }) =>
        gives(may, verb) && who.some((one) => coversIdentity(one, identity)) && names.some((one) => covers(one, name)),
    );
  }

  #remember(identity: string, verb: Verb, name: string): void {
    let known = this.#remembered.get(identity);
    if (!known) {
      if (this.#remembered.size >= identitiesMax) this.#remembered.clear();
      known = {
        call: new Set(),
        submit: new Set(),
        serve: new Set(),
        relay: new Set(),
        observe: new Set(),
        administer: new Set(),
      };
      this.#remembered.set(identity, known);
    }
    const names = known[verb];
    if (names.size >= namesMax) names.clear();
    names.add(name);
  }
}

/** P4. */
function gives(may: readonly Verb[], verb: Verb): boolean {
  return may.includes(verb) || (verb === 'observe' && may.includes('administer'));
}

const prefixed: readonly IdentityKind[] = ['token', 'certificate', 'server'];

/** P2. */
function coversIdentity(pattern: string, { kind, name }: Identity): boolean {
  if (kind === 'anonymous') return pattern === 'anonymous';
  const wanted = prefixed.find((one) => pattern.startsWith(`${one}:`));
  if (wanted !== undefined) return wanted === kind && covers(pattern.slice(wanted.length + 1), name);
  return kind !== 'server' && pattern !== 'anonymous' && covers(pattern, name);
}

/** Whether a pattern with `*` covers a name. Takes pattern times name at most, whatever they are. */
export function covers(pattern: string, name: string): boolean {
  let [at, from] = [0, 0];
  let [star, starFrom] = [-1, 0];
  while (from < name.length) {
    if (pattern[at] === '*') {
      [star, starFrom] = [at, from];
      at += 1;
    } else if (pattern[at] === name[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      starFrom += 1;
      [at, from] = [star + 1, starFrom];
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
