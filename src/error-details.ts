/**
 * What each error code carries beside its message, and how that reads.
 *
 * A message is a sentence for people: what was wanted, what was found, what to do. Programs read code and detail.
 */

import { thrownText } from './base/thrown.ts';

/** Whether the function ran. */
export type Executed = 'no' | 'maybe' | 'yes';

/** State of one command when its run ended. */
export type StepOutcome = 'done' | 'failed' | 'not_run' | 'maybe';

/** One offer that was looked at and why it was not taken. */
export interface Refusal {
  readonly server: string;
  readonly why: string;
}

/** One thing that is wrong with a submitted workflow; `command` names the command it is about. */
export interface WorkflowProblem {
  readonly command?: string;
  readonly message: string;
}

/** One thing that is wrong with settings; `line` counts from 1. */
export interface SettingsProblem {
  readonly file?: string;
  readonly line?: number;
  readonly key?: string;
  readonly message: string;
}

/** Of a run that ended early: the results that are there, and the state of every step. Absent on the error of a call. */
interface RunRemains extends Undone {
  readonly partial?: Readonly<Record<string, unknown>>;
  readonly steps?: Readonly<Record<string, StepOutcome>>;
}

/** Of a run with compensations: what became of those that were called for. */
interface Undone {
  readonly compensated?: Readonly<Record<string, 'done' | 'failed'>>;
}

/** Of a stream that broke off: the number of the last item that came, from 1; 0 when none did. Absent otherwise. */
interface StreamRemains {
  readonly lastItem?: number;
}

/** What is wrong with the proof of who somebody is. One that is not known comes from a later version. */
export type UnauthenticatedReason =
  /** One side speaks TLS, the other does not. */
  | 'no_tls'
  | 'no_certificate'
  | 'expired'
  | 'not_yet_valid'
  /** It was not issued by a CA, or signed with a key, that the other side trusts. */
  | 'untrusted'
  /** It is another one's: the name that was said is not the certificate's. */
  | 'wrong_name'
  /** The process that a server says it is cannot be one of its name. */
  | 'wrong_instance'
  /** It is a client's, and a server's is wanted. */
  | 'not_a_server'
  /** Neither token nor certificate was shown, and nobody in particular may not do this. */
  | 'no_token'
  /** It is no token that can be read, or lacks what every token says. */
  | 'malformed'
  /** It is not signed with EdDSA. */
  | 'wrong_algorithm'
  /** It is for another cluster. */
  | 'wrong_audience'
  /** It was made for longer than tokens may live. */
  | 'too_long_lived'
  /** It is not the secret of a join token. */
  | 'wrong_secret';

/** What each code carries beside its message. */
export interface ErrorDetails {
  bad_argument: { readonly path: readonly (string | number)[]; readonly expected: string; readonly found: string };
  bad_workflow: { readonly problems: readonly WorkflowProblem[] };
  too_large: { readonly what: string; readonly limit: number; readonly found?: number };
  no_such_function: { readonly function: string; readonly nearest: readonly string[] };
  no_matching_offer: { readonly function: string; readonly wanted: string; readonly offers: readonly Refusal[] };
  no_route: { readonly function: string; readonly offers: readonly Refusal[] };
  unreachable: { readonly address: string; readonly evidence: string };
  connection_lost: { readonly server: string } & StreamRemains;
  overloaded: { readonly function: string; readonly server: string; readonly retryAfterMs: number };
  draining: { readonly server: string };
  not_offered_here: { readonly function: string; readonly version: string; readonly server: string };
  deadline_exceeded: { readonly timeoutMs: number } & RunRemains & StreamRemains;
  cancelled: { readonly reason?: unknown } & RunRemains & StreamRemains;
  function_failed: {
    readonly name: string;
    readonly message: string;
    readonly data?: unknown;
    readonly retryable?: boolean;
    readonly cause?: unknown;
    /** What the handler was given, by type: `a list`, `a string`. At most 16 of them, never values. */
    readonly argumentTypes?: readonly string[];
  } & StreamRemains;
  bad_result: { readonly path: readonly (string | number)[]; readonly expected: string; readonly found: string } & StreamRemains;
  step_failed: {
    readonly step: string;
    /** Of a step that maps a list: the place of the element that failed first. */
    readonly element?: number;
    readonly partial: Readonly<Record<string, unknown>>;
    readonly steps: Readonly<Record<string, StepOutcome>>;
  } & Undone;
  upstream_failed: { readonly step: string; readonly upstream: string };
  coordinator_lost: {
    readonly runId: string;
    readonly partial: Readonly<Record<string, unknown>>;
    readonly steps: Readonly<Record<string, StepOutcome>>;
  } & Undone;
  unknown_run: { readonly runId: string };
  lease_lost: {
    /** Whose result it was. */
    readonly step: string;
    /** The server that kept it. */
    readonly server: string;
    readonly why: string;
    /** Which of its results, where it was made more than once. */
    readonly value: string;
    /** Whoever needed it had begun, and may be run again. */
    readonly mayRunAgain?: boolean | undefined;
  };
  version_mismatch: { readonly ours: string; readonly theirs: string };
  cluster_mismatch: { readonly ours: string; readonly theirs: string };
  name_taken: { readonly name: string; readonly address: string };
  protocol_error: { readonly problem: string } & StreamRemains;
  unauthenticated: {
    /** Who was asked: an address, or the name of a server. */
    readonly server: string;
    /** For programs: which proof was wrong, and how. */
    readonly reason: UnauthenticatedReason;
    /** For people: what was found, and what to do. */
    readonly why: string;
    /** It is whoever dialled that does not believe the server, and not the other way round. */
    readonly byUs?: boolean | undefined;
  };
  forbidden: {
    /** Who asked: `alice`, `server:gpu-1`. */
    readonly who: string;
    /** The verb that no rule gives them: `call`, `submit`, `serve`, `relay`, `observe` or `administer`. */
    readonly may: string;
    /** What they asked for: a function, a server or a run. */
    readonly name: string;
    /** The server that refused. */
    readonly server: string;
    /** For people: why, and the rule that would allow it. */
    readonly why: string;
  };
  bad_settings: { readonly problems: readonly SettingsProblem[] };
  closed: { readonly what: string } & StreamRemains;
}

/** What went wrong, for programs; docs/errors.md lists them. */
export type ErrorCode = keyof ErrorDetails;

// biome-ignore format: a table, one row a code
const messages: { readonly [C in ErrorCode]: (detail: ErrorDetails[C]) => string } = {
  bad_argument: (d) => `${pathText(d.path)}: expected ${d.expected}, found ${d.found}`,
  bad_workflow: (d) => problemsText('the workflow cannot run', d.problems.map((p) => (p.command === undefined ? p.message : `command "${p.command}": ${p.message}`))),
  too_large: (d) => `${d.what} is larger than the limit of ${d.limit}${d.found === undefined ? '' : ` (found ${d.found})`}`,
  no_such_function: (d) => `no server offers "${d.function}"${d.nearest.length ? `; the nearest names are ${d.nearest.map((n) => `"${n}"`).join(', ')}` : ''}`,
  no_matching_offer: (d) => `no offer of "${d.function}" matches ${d.wanted}; there are: ${refusalsText(d.offers)}`,
  no_route: (d) => `no route for "${d.function}": ${d.offers.length} offer${d.offers.length === 1 ? '' : 's'}, ${refusalsText(d.offers)}`,
  unreachable: (d) => `${d.address} cannot be reached (${d.evidence})`,
  connection_lost: (d) => `the connection to ${d.server} was lost while the call was in flight`,
  overloaded: (d) => `${d.server} has no free place for "${d.function}"; try again in ${d.retryAfterMs} ms`,
  draining: (d) => `${d.server} is draining and takes no new work`,
  not_offered_here: (d) => `${d.server} does not offer "${d.function}" ${d.version} any more`,
  deadline_exceeded: (d) => `the deadline of ${Math.round(d.timeoutMs)} ms has passed`,
  cancelled: (d) => (d.reason === undefined ? 'cancelled' : `cancelled: ${thrownText(d.reason)}`),
  function_failed: (d) => `${d.name}: ${d.message}`,
  bad_result: (d) => `${pathText(d.path)} of the result: expected ${d.expected}, found ${d.found}`,
  step_failed: (d) => `step "${d.step}" failed${d.element === undefined ? '' : ` at element ${d.element}`}`,
  upstream_failed: (d) => `step "${d.step}" did not run because "${d.upstream}" failed`,
  coordinator_lost: (d) => `the coordinator of run ${d.runId} is gone`,
  unknown_run: (d) => `no run "${d.runId}" is known here; settled runs are kept for 5 minutes`,
  lease_lost: (d) => `the result of "${d.step}", kept by ${d.server}, is lost: ${d.why}`,
  version_mismatch: (d) => `no common protocol version: ours ${d.ours}, theirs ${d.theirs}`,
  cluster_mismatch: (d) => `the address belongs to cluster "${d.theirs}", this is "${d.ours}"`,
  name_taken: (d) => `a live server at ${d.address} is already called "${d.name}"; give this one another name`,
  protocol_error: (d) => d.problem,
  unauthenticated: (d) => (d.byUs ? `${d.server} is not trusted: ${d.why}` : `not let in by ${d.server}: ${d.why}`),
  forbidden: (d) => `${d.who} may not ${d.may} "${d.name}" at ${d.server}: ${d.why}`,
  bad_settings: (d) => problemsText('the settings cannot be used', d.problems.map(settingsText)),
  closed: (d) => `${d.what} is closed`,
};

/** The message of an error: made from its code and detail alone, so that it reads the same wherever it is raised. */
export function messageOf(code: ErrorCode, detail: ErrorDetails[ErrorCode]): string {
  // `detail` is the one of `code` by the constructor's type; the table cannot see the pair.
  const write = messages[code] as (detail: ErrorDetails[ErrorCode]) => string;
  return `${write(detail)}${lastItemText(detail)}`;
}

function lastItemText(detail: ErrorDetails[ErrorCode]): string {
  if (!('lastItem' in detail) || detail.lastItem === undefined) return '';
  return detail.lastItem === 0 ? ' (before the first item)' : ` (the last item was number ${detail.lastItem})`;
}

/** `args[0].rows[3]` as a user writes it. */
function pathText(path: readonly (string | number)[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return text.startsWith('.') ? text.slice(1) : text || 'the value';
}

function refusalsText(offers: readonly Refusal[]): string {
  return offers.length === 0 ? 'none' : offers.map((offer) => `${offer.server}: ${offer.why}`).join('; ');
}

function settingsText(problem: SettingsProblem): string {
  const place = problem.file === undefined ? '' : `${problem.file}${problem.line === undefined ? '' : `:${problem.line}`}: `;
  return `${place}${problem.key === undefined ? '' : `${problem.key}: `}${problem.message}`;
}

function problemsText(title: string, problems: readonly string[]): string {
  return problems.length === 1 ? `${title}: ${problems[0]}` : `${title}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`;
}
