/**
 * The work of one call while it holds a place: reads the arguments, enters the handler, writes the result.
 *
 * W1 the call is told exactly once how it ended: `done` or `failed`; or, given up meanwhile, `returned`.
 * W2 `executed` is `no` before the handler is entered, `maybe` inside it, `yes` once it has returned or yielded.
 * W3 only somebody else's promise makes it wait, and then it says so (`waits`): with a synchronous handler and
 *    schemas it makes no promise.
 * Deadline, place and reply are the call's (served-call.ts); values are call-values.ts, errors verdicts.ts.
 */

import { isObject } from '../../base/objects.ts';
import type { Filled, Payload } from '../../core/payload.ts';
import type { Executed, HeddleError } from '../../errors.ts';
import { undefinedPayload } from '../../wire/common-messages.ts';
import type { Pulling } from '../../wire/frame.ts';
import type { Definition } from '../api/define.ts';
import { checkResult, readArguments, writeResult } from '../call/call-values.ts';
import type { GatheredEnd, GatheredResult } from '../hand-off/gathered-result.ts';
import { brokenOff, type FetchedArguments, isHandedOff } from '../hand-off/hand-off.ts';
import type { WholeArguments } from '../hand-off/pulled-stream.ts';
import type { StreamWord } from '../link/stream-port.ts';
import { thrownVerdict, unreadyVerdict, unwrittenVerdict } from '../link/verdicts.ts';
import type { PumpEnd } from '../stream/stream-pump.ts';
import { type ContextCall, ServedContext } from './context.ts';
import { tellFailed, watchBlocking } from './handler-events.ts';
import { ServedStream, type StreamingCall } from './served-stream.ts';

/** The call whose work it is. */
export interface WorkingCall extends StreamingCall, ContextCall {
  /** It goes on when a promise of somebody else settles. */
  waits(): void;
  done(value: Payload): void;
  failed(error: HeddleError): void;
  /** It waits for the bytes of an argument, or not any more. */
  pulling(pulling: Pulling): void;
  /** The handler of a call that was given up has returned at last. */
  returned(): void;
}

/** `preparing`: reads the arguments. `running`: in the handler. `finishing`: writes the result. `left`: for nobody. */
type Stage = 'preparing' | 'running' | 'finishing' | 'left';

export class HandlerWork {
  readonly #call: WorkingCall;
  #stage: Stage = 'preparing';
  #context: ServedContext | undefined = undefined;
  /** For their types, in what is said of a handler that threw. */
  #args: readonly unknown[] = [];
  readonly #streams: ServedStream | undefined;
  #fetched: FetchedArguments | undefined;
  /** What came of that. */
  #whole: WholeArguments | undefined;
  #gathered: GatheredResult | undefined;

  constructor(call: WorkingCall) {
    this.#call = call;
    this.#streams = call.frame.isStream || call.frame.hasStreamInput ? new ServedStream(call) : undefined;
  }

  /** W2. */
  get executed(): Executed {
    if (this.#stage === 'running') return this.#streams?.hasYielded === true ? 'yes' : 'maybe';
    return this.#stage === 'finishing' ? 'yes' : 'no';
  }

  start(): void {
    const { args } = this.#call.frame;
    if (args.inputs.length > 0 && isHandedOff(args)) this.#fetch(args);
    else this.#read(args);
  }

  /** Nobody waits for the result any more. The signal is the caller's to fire, after its reply (`abort`). */
  leave(): void {
    this.#stage = 'left';
    this.#fetched?.cancel();
    this.#gathered?.stop();
    this.#streams?.close();
  }

  /** A word of the caller's about its streams. */
  stream(word: StreamWord): void {
    this.#streams?.word(word);
  }

  /** Fires the handler's signal. */
  abort(reason: HeddleError): void {
    this.#context?.abort(reason);
    this.#streams?.abort(reason);
  }

  /** Its large arguments are with other servers, or parked here. */
  #fetch(given: Filled): void {
    const { handOff } = this.#call.offer.host;
    this.#call.waits();
    this.#fetched = handOff?.fetch(given, (pulling) => this.#call.pulling(pulling));
    if (!this.#fetched) return this.#unready(new Error('nothing is pulled here'));
    this.#fetched.args.then(
      (whole) => {
        if (this.#stage !== 'preparing') return this.#call.returned();
        this.#whole = whole;
        this.#read(whole);
      },
      (problem: unknown) => this.#unready(problem),
    );
  }

  #read(filled: WholeArguments): void {
    let args: readonly unknown[] | Promise<readonly unknown[]>;
    try {
      args = readArguments(filled, this.#call.offer.served.definition, this.#streams?.input);
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

  #run(args: readonly unknown[]): void {
    if (this.#stage !== 'preparing') return this.#call.returned();
    this.#stage = 'running';
    this.#args = args;
    this.#streams?.open();
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
    const unblocked = watchBlocking(host, this.#call);
    const { frame, origin } = this.#call;
    try {
      if (frame.trace === undefined || !origin.span) return this.#handle(served.definition, args);
      return origin.span.within(() => this.#handle(served.definition, args));
    } finally {
      unblocked?.();
    }
  }

  #handle({ handler, takesContext }: Definition, args: readonly unknown[]): unknown {
    if (!takesContext) return handler(...args);
    this.#context = new ServedContext(this.#call.offer.host, this.#call);
    return handler(this.#context, ...args);
  }

  #finish(value: unknown): void {
    if (this.#stage !== 'running') return this.#call.returned();
    if (this.#call.frame.isStream) return this.#yield(value);
    if (this.#call.offer.served.definition.kind === 'stream') return this.#gather(value);
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

  /** The result is a stream: the call is over when that is. */
  #yield(result: unknown): void {
    this.#call.waits();
    try {
      this.#streams?.yield(result, (end) => this.#yielded(end));
    } catch (problem) {
      this.#fail(unwrittenVerdict(problem));
    }
  }

  #yielded(end: PumpEnd): void {
    switch (end.kind) {
      case 'left':
        return this.#call.returned();
      case 'threw':
        return this.#threw(end.thrown);
      case 'done':
      case 'unwritten':
        if (this.#stage !== 'running') return this.#call.returned();
        this.#stage = 'finishing';
        if (end.kind === 'unwritten') return this.#unwritten(end.problem);
        return this.#done(undefinedPayload);
    }
  }

  /** A step takes the whole of a stream of bytes: the call is over when that has ended, and its bytes are kept here. */
  #gather(result: unknown): void {
    this.#call.waits();
    try {
      this.#gathered = this.#call.offer.host.handOff?.gather(result, this.#call, (end) => this.#onGathered(end));
      this.#gathered?.start();
    } catch (problem) {
      this.#fail(unwrittenVerdict(problem));
    }
  }

  #onGathered(end: GatheredEnd): void {
    const isWanted = this.#stage === 'running';
    if (!isWanted && end.kind === 'kept') end.value.drop('released');
    if (!isWanted || end.kind === 'left') return this.#call.returned();
    if (end.kind === 'threw') return this.#threw(end.thrown);
    this.#stage = 'finishing';
    const { handOff } = this.#call.offer.host;
    if (end.kind === 'kept' && handOff) this.#done(handOff.keep(end.value, this.#call));
    else this.#unwritten(end.kind === 'unwritten' ? end.problem : undefined);
  }

  #write(value: unknown): void {
    if (this.#stage !== 'finishing') return this.#call.returned();
    let payload: Payload;
    try {
      const { isJsonOnly, parkMs } = this.#call.frame;
      payload = writeResult(value, isJsonOnly, parkMs !== undefined);
    } catch (problem) {
      return this.#unwritten(problem);
    }
    this.#done(payload);
  }

  #done(value: Payload): void {
    this.#closeStreams();
    this.#call.done(value);
  }

  #unready(problem: unknown): void {
    if (this.#stage !== 'preparing') return this.#call.returned();
    this.#fail(unreadyVerdict(problem));
  }

  #threw(thrown: unknown): void {
    if (this.#stage !== 'running') return this.#call.returned();
    const broken = this.#whole && brokenOff(this.#whole, this.#call);
    this.#fail(broken ?? thrownVerdict(thrown, this.#args));
  }

  #unwritten(problem: unknown): void {
    if (this.#stage !== 'finishing') return this.#call.returned();
    this.#fail(unwrittenVerdict(problem));
  }

  #fail(error: HeddleError): void {
    tellFailed(this.#call.offer.host.observer, this.#call, error);
    this.#closeStreams();
    this.#call.failed(error);
  }

  /** The call has its end: its streams give and take nothing more. */
  #closeStreams(): void {
    this.#streams?.close();
    if (this.#whole) this.#fetched?.cancel();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && 'then' in value && typeof value.then === 'function';
}
