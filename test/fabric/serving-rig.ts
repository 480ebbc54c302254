/**
 * One dispatcher on a virtual clock, and calls to it as a peer would send them.
 */

import { DeadlineWheel } from '../../src/base/deadline-wheel.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Payload } from '../../src/core/payload.ts';
import type { HeddleError } from '../../src/errors.ts';
import type { Functions } from '../../src/fabric/api/api.ts';
import type { Settlement } from '../../src/fabric/link/invocation.ts';
import { Dispatcher } from '../../src/fabric/serve/dispatcher.ts';
import { Registry } from '../../src/fabric/serve/registry.ts';
import type { CallOrigin, IncomingCall, NestedCall } from '../../src/fabric/serve/serving.ts';
import { SlotPool } from '../../src/fabric/serve/slots.ts';
import { Observer } from '../../src/observe/observer.ts';
import { fromWireError } from '../../src/wire/error.ts';
import type { CallFrame } from '../../src/wire/frame.ts';
import { decodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';

/** One call under way, with all that its caller has been told. */
export class SentCall implements CallOrigin {
  readonly callerName = 'client-1';
  readonly callerInstance = 'c0ffee';
  readonly settlements: Settlement[] = [];
  readonly progressed: unknown[] = [];
  incoming: IncomingCall | undefined;

  settled(settlement: Settlement): void {
    this.settlements.push(settlement);
  }

  progress(value: Payload): void {
    this.progressed.push(decodeValue(value));
  }

  /** The only settlement. Throws unless there is exactly one. */
  get settlement(): Settlement {
    const [only, ...others] = this.settlements;
    if (!only || others.length > 0) throw new Error(`expected one settlement, found ${this.settlements.length}`);
    return only;
  }

  get isSettled(): boolean {
    return this.settlements.length > 0;
  }

  get value(): unknown {
    const { outcome } = this.settlement;
    if (!outcome.ok) throw fromWireError(outcome.error);
    return decodeValue(outcome.value);
  }

  get error(): HeddleError {
    const { outcome } = this.settlement;
    if (outcome.ok) throw new Error(`expected an error, found ${outcome.value.encoding}`);
    return fromWireError(outcome.error);
  }

  cancel(reason = 'the caller left'): void {
    this.incoming?.cancel(reason);
  }
}

export class ServingRig {
  readonly clock = new VirtualClock();
  readonly wheel = new DeadlineWheel(this.clock);
  readonly observer = new Observer();
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  /** What was announced, each time. */
  readonly announced: string[][] = [];
  #callNumber = 0;

  constructor(
    functions: Functions,
    {
      nestedCall = () => Promise.reject(new Error('no nested calls here')),
      slots = {},
    }: { nestedCall?: NestedCall; slots?: Record<string, number> } = {},
  ) {
    const pool = new SlotPool(new Map(Object.entries(slots)));
    this.registry = new Registry(functions, pool);
    this.dispatcher = new Dispatcher({
      registry: this.registry,
      server: 'server-1',
      clock: this.clock,
      random: seededRandom('serving'),
      wheel: this.wheel,
      observer: this.observer,
      nestedCall,
      announce: () => void this.announced.push(this.registry.body().functions.map(({ name }) => name)),
      nestedStream: () => {
        throw new Error('no nested streams here');
      },
    });
  }

  send(name: string, args: readonly unknown[] = [], frame: Partial<CallFrame> = {}): SentCall {
    const call = new SentCall();
    this.#callNumber += 1;
    call.incoming = this.dispatcher.dispatch(callFrame(name, args, { callNumber: this.#callNumber, ...frame }), call);
    return call;
  }

  /** Sends, and lets every microtask run. */
  async call(name: string, args: readonly unknown[] = [], frame: Partial<CallFrame> = {}): Promise<SentCall> {
    const call = this.send(name, args, frame);
    await settle();
    return call;
  }
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** What `run` throws; fails when it throws nothing. */
export function thrownBy(run: () => unknown): HeddleError {
  try {
    run();
  } catch (error) {
    return error as HeddleError;
  }
  throw new Error('expected an error');
}
