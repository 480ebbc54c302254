/**
 * One error class, one table. Every failure that a user of Heddle can see is a `HeddleError` with a code from
 * this file, and says whether the function ran.
 *
 * E1 `executed` is exact: `no` never ran, `yes` ran, `maybe` only for an attempt whose frame was in flight on
 *    a link that broke, or past a deadline. Of a call, it is the strongest over the attempts (yes > maybe > no).
 * E2 the code decides retry, breaker and gRPC status; nothing is ever decided by a message's text.
 * E3 a code's message is made from its detail, so that it reads the same wherever it is raised.
 * The wire form is wire/error.ts; which attempt may be retried is fabric/call/retry.ts.
 */

import { type ErrorCode, type ErrorDetails, type Executed, messageOf } from './error-details.ts';

export type {
  ErrorCode,
  ErrorDetails,
  Executed,
  Refusal,
  SettingsProblem,
  StepOutcome,
  UnauthenticatedReason,
  WorkflowProblem,
} from './error-details.ts';

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
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
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
// biome-ignore format: a table, one row a code
export const errorTable = {
  bad_argument: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'INVALID_ARGUMENT', mender: 'caller', meaning: 'an argument or option is not what was asked for' },
  bad_workflow: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'INVALID_ARGUMENT', mender: 'caller', meaning: 'the workflow cannot run; every problem is listed' },
  too_large: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'OUT_OF_RANGE', mender: 'caller', meaning: 'an argument is over a limit' },
  no_such_function: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'NOT_FOUND', mender: 'caller', meaning: 'no server offers a function of this name' },
  no_matching_offer: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'FAILED_PRECONDITION', mender: 'caller', meaning: 'the function exists, but not in this version, with these resources or on this target' },
  no_route: { executed: inherited, retry: 'paid', isBreakerFailure: false, grpc: 'UNAVAILABLE', mender: 'operator', meaning: 'every matching offer was refused just now' },
  unreachable: { executed: no, retry: 'free', isBreakerFailure: true, grpc: 'UNAVAILABLE', mender: 'operator', meaning: 'no connection could be made' },
  connection_lost: { executed: ['maybe', 'no'], retry: 'safe', isBreakerFailure: true, grpc: 'UNAVAILABLE', mender: 'operator', meaning: 'the connection broke while the call was in flight' },
  overloaded: { executed: no, retry: 'paid', isBreakerFailure: false, grpc: 'RESOURCE_EXHAUSTED', mender: 'operator', meaning: 'the server refused the call before it started' },
  draining: { executed: no, retry: 'free', isBreakerFailure: false, grpc: 'UNAVAILABLE', mender: 'fabric', meaning: 'the server is about to stop and takes no new work' },
  not_offered_here: { executed: no, retry: 'free', isBreakerFailure: false, grpc: 'UNIMPLEMENTED', mender: 'fabric', meaning: 'the server does not offer the function any more' },
  deadline_exceeded: { executed: ['maybe', 'no', 'yes'], retry: 'never', isBreakerFailure: false, grpc: 'DEADLINE_EXCEEDED', mender: 'caller', meaning: 'the time given to the call or run is over' },
  cancelled: { executed: ['maybe', 'no', 'yes'], retry: 'never', isBreakerFailure: false, grpc: 'CANCELLED', mender: 'caller', meaning: 'the caller gave up' },
  function_failed: { executed: yes, retry: 'retryable', isBreakerFailure: false, grpc: 'ABORTED', mender: 'function', meaning: 'the handler threw' },
  bad_result: { executed: yes, retry: 'never', isBreakerFailure: false, grpc: 'INTERNAL', mender: 'function', meaning: 'the result cannot be sent: not encodable, over the limit, or against the output schema' },
  step_failed: { executed: inherited, retry: 'never', isBreakerFailure: false, grpc: 'ABORTED', mender: 'function', meaning: 'a step of the run failed; detail.partial holds what is there' },
  upstream_failed: { executed: inherited, retry: 'never', isBreakerFailure: false, grpc: 'FAILED_PRECONDITION', mender: 'function', meaning: 'a step that this one depends on failed' },
  coordinator_lost: { executed: ['maybe', 'no', 'yes'], retry: 'never', isBreakerFailure: false, grpc: 'UNAVAILABLE', mender: 'operator', meaning: 'the server that coordinated the run is gone' },
  unknown_run: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'NOT_FOUND', mender: 'caller', meaning: 'no run of this id is known' },
  lease_lost: { executed: inherited, retry: 'never', isBreakerFailure: false, grpc: 'ABORTED', mender: 'fabric', meaning: 'a large result is not there any more, or cannot be had from the server that kept it' },
  version_mismatch: { executed: no, retry: 'free', isBreakerFailure: true, grpc: 'FAILED_PRECONDITION', mender: 'operator', meaning: 'the two sides speak no common protocol version' },
  cluster_mismatch: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'FAILED_PRECONDITION', mender: 'operator', meaning: 'the address belongs to another cluster' },
  name_taken: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'ALREADY_EXISTS', mender: 'operator', meaning: 'another live server has this name' },
  protocol_error: { executed: ['maybe', 'no'], retry: 'safe', isBreakerFailure: true, grpc: 'INTERNAL', mender: 'fabric', meaning: 'the peer sent something that the protocol does not allow' },
  unauthenticated: { executed: ['no', 'maybe'], retry: 'never', isBreakerFailure: false, grpc: 'UNAUTHENTICATED', mender: 'operator', meaning: 'one side has not proved who it is, or not to the liking of the other' },
  forbidden: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'PERMISSION_DENIED', mender: 'operator', meaning: 'no rule of [[permissions]] allows this to whoever asked' },
  bad_settings: { executed: no, retry: 'never', isBreakerFailure: false, grpc: 'INVALID_ARGUMENT', mender: 'operator', meaning: 'settings or options cannot be used; every problem is listed' },
  closed: { executed: ['no', 'maybe'], retry: 'never', isBreakerFailure: false, grpc: 'FAILED_PRECONDITION', mender: 'caller', meaning: 'the client or server was closed' },
} as const satisfies Record<ErrorCode, CodeFacts>;

type ExecutedOf<C extends ErrorCode> = (typeof errorTable)[C]['executed'][number];

/** The error of one code, as `HeddleError.is(error, code)` narrows to it. */
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

/** The one error class. `new HeddleError('closed', { what: 'the client' })`. */
// The class is written once for all codes; the constructor type narrows it per code, which a class cannot say itself.
export const HeddleError = class HeddleError extends Error {
  override readonly name = 'HeddleError';
  readonly code: ErrorCode;
  readonly executed: Executed;
  readonly detail: ErrorDetails[ErrorCode];

  constructor(code: ErrorCode, detail: ErrorDetails[ErrorCode], options: { executed?: Executed | undefined; cause?: unknown } = {}) {
    super(`${messageOf(code, detail)}${becauseText(code, options.cause)}`, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.executed = options.executed ?? errorTable[code].executed[0];
    this.detail = detail;
  }

  /** On the prototype: no part of what is printed. */
  get [brand](): true {
    return true;
  }

  static is(error: unknown, ...codes: readonly ErrorCode[]): boolean {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false;
    return codes.length === 0 || ('code' in error && codes.some((code) => code === error.code));
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return HeddleError.is(value);
  }
} as unknown as HeddleErrorConstructor;

/** Why a step failed belongs into the line that names it. */
function becauseText(code: ErrorCode, cause: unknown): string {
  return code === 'step_failed' && HeddleError.is(cause) ? `: ${cause.message}` : '';
}

/** The stronger statement: yes > maybe > no. */
export function strongest(a: Executed, b: Executed): Executed {
  if (a === 'yes' || b === 'yes') return 'yes';
  return a === 'maybe' || b === 'maybe' ? 'maybe' : 'no';
}

/**
 * Any thrown value as `function_failed` with what may travel of it: name, message, data and retryable; also when it
 * is itself a HeddleError (then in `detail.cause`). Never throws, whatever was thrown.
 */
export function fromThrown(thrown: unknown): HeddleErrorOf<'function_failed'> {
  try {
    if (thrown instanceof Error) return new HeddleError('function_failed', failureOf(thrown), { cause: thrown });
  } catch {
    // Reading it threw in turn: a getter or a proxy. Its type is all that can be said.
  }
  return new HeddleError('function_failed', { name: 'Error', message: `the handler threw ${describe(thrown)}` }, { cause: thrown });
}

function failureOf(thrown: Error): ErrorDetails['function_failed'] {
  const extra = thrown as { data?: unknown; retryable?: unknown }; // fields that a handler's error may carry by contract
  const { data, retryable } = extra;
  return {
    name: String(thrown.name),
    message: String(thrown.message),
    ...(data === undefined ? {} : { data }),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(HeddleError.is(thrown) ? { cause: { code: thrown.code, executed: thrown.executed, detail: thrown.detail } } : {}),
  };
}

/** A thrown value by its type, never by its content. */
function describe(value: unknown): string {
  return value === null ? 'null' : `a value of type ${typeof value}`;
}
