/**
 * The work of one call while it holds a place: reads the arguments, enters the handler, writes the result.
 *
 * W1 the call is told exactly once how it ended: `done` or `failed`; or, given up meanwhile, `returned`.
 * W2 `executed` is `no` before the handler is entered, `maybe` inside it, `yes` once it has returned.
 * W3 only somebody else's promise makes it wait, and then it says so (`waits`): with a synchronous handler and
 *    schemas it makes no promise.
 * Deadline, place and reply are the call's (served-call.ts); values are call-values.ts, errors verdicts.ts.
 */

import type { Payload } from '../core/payload.ts';
import type { Executed, HeddleError } from '../errors.ts';
import { checkResult, readArguments, writeResult } from './call-values.ts';
import { type ContextCall, ServedContext } from './context.ts';
import { tellFailed, watchBlocking } from './handler-events.ts';
import type { ServedRequest } from './serving.ts';
import { thrownVerdict, unreadyVerdict, unwrittenVerdict } from './verdicts.ts';

/** The call whose work it is. */
export interface WorkingCall extends ServedRequest, ContextCall {
  /** It goes on when a promise of somebody else settles. */
  waits(): void;
  done(value: Payload): void;
  failed(error: HeddleError): void;
  /** The handler of a call that was given up has returned at last. */
  returned(): void;
}

/** `preparing`: reads the arguments. `running`: in the handler. `finishing`: writes the result. `left`: for nobody. */
type Stage = 'preparing' | 'running' | 'finishing' | 'left';

export class HandlerWork {
  readonly #call: WorkingCall;
  #stage: Stage = 'preparing';
  #context: ServedContext | undefined = undefined;

  constructor(call: WorkingCall) {
    this.#call = call;
  }

  /** W2. */
  get executed(): Executed {
    if (this.#stage === 'running') return 'maybe';
    return this.#stage === 'finishing' ? 'yes' : 'no';
  }

  start(): void {
    let args: readonly unknown[] | Promise<readonly unknown[]>;
    try {
      args = readArguments(this.#call.frame.args, this.#call.offer.served.definition);
    } catch (problem) {
      return this.#unready(problem);
    }
    if (!(args instanceof Promise)) return this.#run(args);
    this.#call.waits();
    args.then(
      (checked) => this.#run(checked),
      (problem: unknown) => this.#unready(problem),
    );
  }

  /** Nobody waits for the result any more. The signal is the caller's to fire, after its reply (`abort`). */
  leave(): void {
    this.#stage = 'left';
  }

  /** Fires the handler's signal. */
  abort(reason: HeddleError): void {
    this.#context?.abort(reason);
  }

  #run(args: readonly unknown[]): void {
    if (this.#stage !== 'preparing') return this.#call.returned();
    this.#stage = 'running';
    let result: unknown;
    try {
      result = this.#enter(args);
      if (!isThenable(result)) return this.#finish(result);
    } catch (thrown) {
      return this.#threw(thrown);
    }
    this.#call.waits();
    Promise.resolve(result).then(
      (value) => this.#finish(value),
      (thrown: unknown) => this.#threw(thrown),
    );
  }

  #enter(args: readonly unknown[]): unknown {
    const { host, served } = this.#call.offer;
    const { handler, takesContext } = served.definition;
    const unblocked = watchBlocking(host, this.#call);
    try {
      if (!takesContext) return handler(...args);
      this.#context = new ServedContext(host, this.#call);
      return handler(this.#context, ...args);
    } finally {
      unblocked?.();
    }
  }

  #finish(value: unknown): void {
    if (this.#stage !== 'running') return this.#call.returned();
    this.#stage = 'finishing';
    let checked: unknown;
    try {
      checked = checkResult(value, this.#call.offer.served.definition);
    } catch (problem) {
      return this.#unwritten(problem);
    }
    if (!(checked instanceof Promise)) return this.#write(checked);
    this.#call.waits();
    checked.then(
      (late: unknown) => this.#write(late),
      (problem: unknown) => this.#unwritten(problem),
    );
  }

  #write(value: unknown): void {
    if (this.#stage !== 'finishing') return this.#call.returned();
    let payload: Payload;
    try {
      payload = writeResult(value, this.#call.frame.isJsonOnly);
    } catch (problem) {
      return this.#unwritten(problem);
    }
    this.#call.done(payload);
  }

  #unready(problem: unknown): void {
    if (this.#stage !== 'preparing') return this.#call.returned();
    this.#fail(unreadyVerdict(problem));
  }

  #threw(thrown: unknown): void {
    if (this.#stage !== 'running') return this.#call.returned();
    this.#fail(thrownVerdict(thrown));
  }

  #unwritten(problem: unknown): void {
    if (this.#stage !== 'finishing') return this.#call.returned();
    this.#fail(unwrittenVerdict(problem));
  }

  #fail(error: HeddleError): void {
    if (Object.hasOwn(error, 'cause')) tellFailed(this.#call.offer.host.observer, this.#call, error.cause);
    this.#call.failed(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
