/**
 * What this server's own log gets to know of handlers, and no caller does.
 */

import type { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type { ServedRequest, ServingHost } from './serving.ts';

/** A handler that kept the event loop for longer in one go is reported. */
const blockedMsMin = 200;
/** The longest text of an error, with its stack, that an event carries. */
const stackCharsMax = 16_384;

export function tellLogged(
  observer: Observer,
  call: ServedRequest,
  said: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> | undefined },
): void {
  if (observer.wants('handler.logged')) observer.emit({ kind: 'handler.logged', ...subjectOf(call), ...said });
}

/** A call has its end; `code` is that of its error. */
export function tellServed(
  observer: Observer,
  call: ServedRequest,
  end: { readonly code: string | undefined; readonly elapsedMs: number },
): void {
  const { name, version } = call.offer.served.definition;
  const { callerName: caller = call.origin.callerName, attempt } = call.frame;
  observer.emit({ kind: 'call.served', function: name, version, caller, attempt, ok: end.code === undefined, ...end, ...placeOf(call) });
}

/**
 * A handler or one of its schemas threw, or gave what cannot be sent: the other errors are not the function's. The stack stays here; the
 * caller gets name and message at most.
 */
export function tellFailed(observer: Observer, call: ServedRequest, error: HeddleError): void {
  const hasThrown = Object.hasOwn(error, 'cause');
  if ((!hasThrown && error.code !== 'bad_result') || !observer.wants('handler.failed')) return;
  // Where it was noticed is a place in Heddle: the path in the result, which the message has, says more.
  const stack = hasThrown ? stackOf(error.cause) : `${error.code}: ${error.message}`;
  observer.emit({ kind: 'handler.failed', ...subjectOf(call), stack });
}

export function tellOverstayed(observer: Observer, call: ServedRequest): void {
  if (!observer.wants('handler.overstayed')) return;
  observer.emit({ kind: 'handler.overstayed', function: call.frame.function, ...placeOf(call) });
}

/** Call the result when the handler has given the event loop back; undefined while nobody wants to know. */
export function watchBlocking({ observer, clock }: ServingHost, call: ServedRequest): (() => void) | undefined {
  if (!observer.hearsCalls || !observer.wants('handler.blocked')) return undefined;
  const sinceMs = clock.nowMs();
  return () => {
    const blockedMs = clock.nowMs() - sinceMs;
    if (blockedMs > blockedMsMin) observer.emit({ kind: 'handler.blocked', function: call.frame.function, blockedMs, ...placeOf(call) });
  };
}

/** `instance:number`, constant over attempts and hops. */
export function callIdOf({
  frame,
  origin,
}: Pick<ServedRequest, 'origin'> & { readonly frame: Pick<ServedRequest['frame'], 'caller' | 'callNumber'> }): string {
  return `${frame.caller ?? origin.callerInstance}:${frame.callNumber}`;
}

function subjectOf(call: ServedRequest) {
  const { name, version } = call.offer.served.definition;
  return { function: name, version, ...placeOf(call) };
}

function placeOf(call: ServedRequest) {
  return { callId: callIdOf(call), traceparent: call.frame.trace?.traceparent };
}

/** Name, message and stack of whatever was thrown, as much of it as a log is for. */
function stackOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? (thrown.stack ?? `${thrown.name}: ${thrown.message}`) : thrownKind(thrown);
    return text.length <= stackCharsMax ? text : `${text.slice(0, stackCharsMax)}... (${text.length} characters)`;
  } catch {
    return 'something that throws when it is read';
  }
}

/** No caller hears what was thrown that is no error; here it may be all there is to go by. */
function thrownKind(thrown: unknown): string {
  const isPlain = thrown === undefined || thrown === null || typeof thrown === 'object' || typeof thrown === 'function';
  return isPlain ? `a thrown ${thrown === null ? 'null' : typeof thrown}` : `a thrown ${typeof thrown}: ${String(thrown)}`;
}
