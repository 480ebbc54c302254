/**
 * One error class, one table. Every failure that a user of Heddle can see is a `HeddleError` with a code from
 * this file, and says whether the function ran.
 *
 * E1 `executed` is exact: `no` never ran, `yes` ran, `maybe` only for an attempt whose frame was in flight on
 *    a link that broke, or past a deadline. Of a call, it is the strongest over the attempts (yes > maybe > no).
 * E2 the code decides retry, breaker and gRPC status; nothing is ever decided by a message's text.
 * E3 a code's message is made from its detail, so that it reads the same wherever it is raised.
 * The wire form is wire/error.ts; which attempt may be retried is fabric/retry.ts.
 */

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
interface RunRemains {
  readonly partial?: Readonly<Record<string, unknown>>;
  readonly steps?: Readonly<Record<string, StepOutcome>>;
}

/** What each code carries beside its message. */
export interface ErrorDetails {
  bad_argument: { readonly path: readonly (string | number)[]; readonly expected: string; readonly found: string };
  bad_workflow: { readonly problems: readonly WorkflowProblem[] };
  too_large: { readonly what: string; readonly limit: number; readonly found?: number };
  no_such_function: { readonly function: string; readonly nearest: readonly string[] };
  no_matching_offer: { readonly function: string; readonly wanted: string; readonly offers: readonly Refusal[] };
  no_route: { readonly function: string; readonly offers: readonly Refusal[] };
  unreachable: { readonly address: string; readonly evidence: string };
  connection_lost: { readonly server: string };
  overloaded: { readonly function: string; readonly server: string; readonly retryAfterMs: number };
  draining: { readonly server: string };
  not_offered_here: { readonly function: string; readonly version: string; readonly server: string };
  deadline_exceeded: { readonly timeoutMs: number } & RunRemains;
  cancelled: { readonly reason?: unknown } & RunRemains;
  function_failed: {
    readonly name: string;
    readonly message: string;
    readonly data?: unknown;
    readonly retryable?: boolean;
    readonly cause?: unknown;
  };
  bad_result: { readonly path: readonly (string | number)[]; readonly expected: string; readonly found: string };
  step_failed: {
    readonly step: string;
    readonly partial: Readonly<Record<string, unknown>>;
    readonly steps: Readonly<Record<string, StepOutcome>>;
  };
  upstream_failed: { readonly step: string; readonly upstream: string };
  coordinator_lost: {
    readonly runId: string;
    readonly partial: Readonly<Record<string, unknown>>;
    readonly steps: Readonly<Record<string, StepOutcome>>;
  };
  unknown_run: { readonly runId: string };
  version_mismatch: { readonly ours: string; readonly theirs: string };
  cluster_mismatch: { readonly ours: string; readonly theirs: string };
  name_taken: { readonly name: string; readonly address: string };
  protocol_error: { readonly problem: string };
  bad_settings: { readonly problems: readonly SettingsProblem[] };
  closed: { readonly what: string };
}

export type ErrorCode = keyof ErrorDetails;

/** gRPC status codes that the table uses, by their canonical names. */
export type GrpcStatus =
  | 'INVALID_ARGUMENT'
  | 'OUT_OF_RANGE'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'UNAVAILABLE'
  | 'RESOURCE_EXHAUSTED'
  | 'UNIMPLEMENTED'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED'
  | 'ABORTED'
  | 'INTERNAL';

/**
 * What may be tried again elsewhere without asking the user. `free`: costs no retry token. `paid`: after a
 * backoff, within the budget. `safe`: only a pure or idempotent function. `retryable`: if the handler's error
 * says so. `never`: not at all.
 */
export type RetryAdvice = 'never' | 'free' | 'paid' | 'safe' | 'retryable';

/** Who can mend it. */
export type Mender = 'caller' | 'function' | 'operator' | 'fabric';

interface CodeFacts {
  /** What one attempt can say; the first is the default of `new HeddleError(code, ...)`. */
  readonly executed: readonly Executed[];
  readonly retry: RetryAdvice;
  /** Whether a circuit breaker counts it as a failure of the server. */
  readonly isBreakerFailure: boolean;
  readonly grpc: GrpcStatus;
  readonly mender: Mender;
  readonly meaning: string;
}

const no = ['no'] as const;
const yes = ['yes'] as const;
const inherited = ['no', 'maybe', 'yes'] as const;

/** The error table: one row a code. `docs/errors.md` is generated from it. */
export const errorTable = {
  bad_argument: row(no, 'never', false, 'INVALID_ARGUMENT', 'caller', 'an argument or option is not what was asked for'),
  bad_workflow: row(no, 'never', false, 'INVALID_ARGUMENT', 'caller', 'the workflow cannot run; every problem is listed'),
  too_large: row(no, 'never', false, 'OUT_OF_RANGE', 'caller', 'an argument is over a limit'),
  no_such_function: row(no, 'never', false, 'NOT_FOUND', 'caller', 'no server offers a function of this name'),
  no_matching_offer: row(no, 'never', false, 'FAILED_PRECONDITION', 'caller', 'the function exists, but not in this version, with these resources or on this target'),
  no_route: row(inherited, 'paid', false, 'UNAVAILABLE', 'operator', 'every matching offer was refused just now'),
  unreachable: row(no, 'free', true, 'UNAVAILABLE', 'operator', 'no connection could be made'),
  connection_lost: row(['maybe'], 'safe', true, 'UNAVAILABLE', 'operator', 'the connection broke while the call was in flight'),
  overloaded: row(no, 'paid', false, 'RESOURCE_EXHAUSTED', 'operator', 'the server refused the call before it started'),
  draining: row(no, 'free', false, 'UNAVAILABLE', 'fabric', 'the server is about to stop and takes no new work'),
  not_offered_here: row(no, 'free', false, 'UNIMPLEMENTED', 'fabric', 'the server does not offer the function any more'),
  deadline_exceeded: row(['maybe', 'no', 'yes'], 'never', false, 'DEADLINE_EXCEEDED', 'caller', 'the time given to the call or run is over'),
  cancelled: row(['maybe', 'no', 'yes'], 'never', false, 'CANCELLED', 'caller', 'the caller gave up'),
  function_failed: row(yes, 'retryable', false, 'ABORTED', 'function', 'the handler threw'),
  bad_result: row(yes, 'never', false, 'INTERNAL', 'function', 'the result cannot be sent: not encodable, over the limit, or against the output schema'),
  step_failed: row(inherited, 'never', false, 'ABORTED', 'function', 'a step of the run failed; detail.partial holds what is there'),
  upstream_failed: row(inherited, 'never', false, 'FAILED_PRECONDITION', 'function', 'a step that this one depends on failed'),
  coordinator_lost: row(['maybe', 'no', 'yes'], 'never', false, 'UNAVAILABLE', 'operator', 'the server that coordinated the run is gone'),
  unknown_run: row(no, 'never', false, 'NOT_FOUND', 'caller', 'no run of this id is known'),
  version_mismatch: row(no, 'free', true, 'FAILED_PRECONDITION', 'operator', 'the two sides speak no common protocol version'),
  cluster_mismatch: row(no, 'never', false, 'FAILED_PRECONDITION', 'operator', 'the address belongs to another cluster'),
  name_taken: row(no, 'never', false, 'ALREADY_EXISTS', 'operator', 'another live server has this name'),
  protocol_error: row(['maybe', 'no'], 'safe', true, 'INTERNAL', 'fabric', 'the peer sent something that the protocol does not allow'),
  bad_settings: row(no, 'never', false, 'INVALID_ARGUMENT', 'operator', 'settings or options cannot be used; every problem is listed'),
  closed: row(no, 'never', false, 'FAILED_PRECONDITION', 'caller', 'the client or server was closed'),
} as const satisfies Record<ErrorCode, CodeFacts>;

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
  cancelled: (d) => (d.reason === undefined ? 'cancelled' : `cancelled: ${reasonText(d.reason)}`),
  function_failed: (d) => `${d.name}: ${d.message}`,
  bad_result: (d) => `${pathText(d.path)} of the result: expected ${d.expected}, found ${d.found}`,
  step_failed: (d) => `step "${d.step}" failed`,
  upstream_failed: (d) => `step "${d.step}" did not run because "${d.upstream}" failed`,
  coordinator_lost: (d) => `the coordinator of run ${d.runId} is gone`,
  unknown_run: (d) => `no run "${d.runId}" is known here; settled runs are kept for 5 minutes`,
  version_mismatch: (d) => `no common protocol version: ours ${d.ours}, theirs ${d.theirs}`,
  cluster_mismatch: (d) => `the address belongs to cluster "${d.theirs}", this is "${d.ours}"`,
  name_taken: (d) => `a live server at ${d.address} is already called "${d.name}"; give this one another name`,
  protocol_error: (d) => d.problem,
  bad_settings: (d) => problemsText('the settings cannot be used', d.problems.map(settingsText)),
  closed: (d) => `${d.what} is closed`,
};

type ExecutedOf<C extends ErrorCode> = (typeof errorTable)[C]['executed'][number];

export interface HeddleErrorOf<C extends ErrorCode> extends Error {
  readonly name: 'HeddleError';
  readonly code: C;
  readonly executed: ExecutedOf<C>;
  readonly detail: ErrorDetails[C];
}

/** A union by `code`: a switch on `code`, or `HeddleError.is`, narrows `detail` and `executed`. */
export type HeddleError = { [C in ErrorCode]: HeddleErrorOf<C> }[ErrorCode];

export interface HeddleErrorOptions<C extends ErrorCode> {
  /** Default: the first of the code's row. */
  readonly executed?: ExecutedOf<C> | undefined;
  readonly cause?: unknown;
}

interface HeddleErrorConstructor {
  new <C extends ErrorCode>(code: C, detail: ErrorDetails[C], options?: HeddleErrorOptions<C>): HeddleErrorOf<C>;
  readonly prototype: HeddleError;
  /** Whether `error` is a HeddleError (of any copy of this package), or one of these codes. */
  is(error: unknown): error is HeddleError;
  is<C extends ErrorCode>(error: unknown, ...codes: readonly C[]): error is HeddleErrorOf<C>;
  [Symbol.hasInstance](value: unknown): value is HeddleError;
}

const brand = Symbol.for('heddle.error');

class CodedError extends Error {
  override readonly name = 'HeddleError';
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly executed: Executed;
  readonly detail: ErrorDetails[ErrorCode];

  constructor(code: ErrorCode, detail: ErrorDetails[ErrorCode], options: { executed?: Executed | undefined; cause?: unknown } = {}) {
    super(messageOf(code, detail), 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.executed = options.executed ?? errorTable[code].executed[0];
    this.detail = detail;
  }

  static is(error: unknown, ...codes: readonly ErrorCode[]): boolean {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false;
    return codes.length === 0 || ('code' in error && codes.some((code) => code === error.code));
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return CodedError.is(value);
  }
}

/** The one error class. `new HeddleError('closed', { what: 'the client' })`. */
// The class is written once for all codes; the constructor type narrows it per code, which a class cannot say itself.
export const HeddleError = CodedError as unknown as HeddleErrorConstructor;

/** The stronger statement: yes > maybe > no. */
export function strongest(a: Executed, b: Executed): Executed {
  if (a === 'yes' || b === 'yes') return 'yes';
  return a === 'maybe' || b === 'maybe' ? 'maybe' : 'no';
}

/** Any thrown value as a HeddleError: itself, or `function_failed` with what may travel of it. */
export function fromThrown(thrown: unknown): HeddleErrorOf<'function_failed'> {
  if (!(thrown instanceof Error)) {
    return new HeddleError('function_failed', { name: 'Error', message: `the handler threw ${describe(thrown)}` }, { cause: thrown });
  }
  const extra = thrown as { data?: unknown; retryable?: unknown }; // fields that a handler's error may carry by contract
  return new HeddleError(
    'function_failed',
    {
      name: thrown.name,
      message: thrown.message,
      ...(extra.data === undefined ? {} : { data: extra.data }),
      ...(typeof extra.retryable === 'boolean' ? { retryable: extra.retryable } : {}),
      ...(HeddleError.is(thrown) ? { cause: { code: thrown.code, executed: thrown.executed, detail: thrown.detail } } : {}),
    },
    { cause: thrown },
  );
}

function row<const E extends readonly Executed[]>(
  executed: E, retry: RetryAdvice, isBreakerFailure: boolean, grpc: GrpcStatus, mender: Mender, meaning: string,
) {
  return { executed, retry, isBreakerFailure, grpc, mender, meaning } as const;
}

function messageOf(code: ErrorCode, detail: ErrorDetails[ErrorCode]): string {
  // `detail` is the one of `code` by the constructor's type; the table cannot see the pair.
  const write = messages[code] as (detail: ErrorDetails[ErrorCode]) => string;
  return write(detail);
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

function reasonText(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** A thrown value by its type, never by its content. */
function describe(value: unknown): string {
  return value === null ? 'null' : `a value of type ${typeof value}`;
}
