/**
 * Where events go: to whoever listens, and never in the way of what they are about.
 *
 * O4 with no listener an `emit` is one comparison; `wants` spares the making of the event.
 * O5 a listener that throws is caught, and the others are told all the same; the first time is a warning of the process.
 * O6 a listener added or removed during an `emit` takes effect from the next one.
 */

import { didYouMean } from '../base/nearest.ts';
import { HeddleError } from '../errors.ts';
import { type EventKind, type EventOf, eventTable, type FabricEvent } from './events.ts';

type Listener = (event: FabricEvent) => void;

/** What comes with every call. */
const callKinds: readonly EventKind[] = ['attempt.settled', 'call.served', 'handler.blocked'];

export class Observer {
  readonly #byKind = new Map<EventKind, readonly Listener[]>();
  #forAll: readonly Listener[] = [];
  #listeners = 0;
  #hearsCalls = false;
  #hasWarned = false;

  /**
   * Whether anybody listens to `attempt.settled`, `call.served` or `handler.blocked`: asked before `wants` where each call asks, since
   * every server listens to something.
   */
  get hearsCalls(): boolean {
    return this.#hearsCalls;
  }

  /** Whether anybody listens to this kind. */
  wants(kind: EventKind): boolean {
    return this.#listeners > 0 && (this.#forAll.length > 0 || this.#byKind.has(kind));
  }

  /** Tells every listener of the event's kind, in the order in which they were added. */
  emit(event: FabricEvent): void {
    if (this.#listeners === 0) return;
    this.#tell(this.#byKind.get(event.kind), event);
    this.#tell(this.#forAll, event);
  }

  /** Listens to one kind. Returns the removal, harmless when called twice. Throws `bad_argument` for a kind that does not exist. */
  on<K extends EventKind>(kind: K, listener: (event: EventOf<K>) => void): () => void {
    checkListening(kind, listener);
    const added: Listener = (event) => {
      if (isOfKind(event, kind)) listener(event);
    };
    this.#byKind.set(kind, [...(this.#byKind.get(kind) ?? []), added]);
    return this.#counted(() => {
      const left = (this.#byKind.get(kind) ?? []).filter((other) => other !== added);
      if (left.length > 0) this.#byKind.set(kind, left);
      else this.#byKind.delete(kind);
    });
  }

  /** Listens to every kind: for logs. Returns the removal, harmless when called twice. */
  onAll(listener: (event: FabricEvent) => void): () => void {
    const added: Listener = (event) => listener(event);
    this.#forAll = [...this.#forAll, added];
    return this.#counted(() => {
      this.#forAll = this.#forAll.filter((other) => other !== added);
    });
  }

  #counted(remove: () => void): () => void {
    let isThere = true;
    this.#listeners += 1;
    this.#hearsCalls = this.#wantsCalls();
    return () => {
      if (!isThere) return;
      isThere = false;
      this.#listeners -= 1;
      remove();
      this.#hearsCalls = this.#wantsCalls();
    };
  }

  #wantsCalls(): boolean {
    return callKinds.some((kind) => this.wants(kind));
  }

  #tell(listeners: readonly Listener[] | undefined, event: FabricEvent): void {
    if (!listeners) return;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#warn(event.kind, error);
      }
    }
  }

  #warn(kind: EventKind, error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const detail = error instanceof Error ? error.stack : undefined;
    const options = { code: 'HEDDLE_LISTENER', ...(detail === undefined ? {} : { detail }) };
    process.emitWarning(`a listener of ${kind} threw; this is said once`, options);
  }
}

function isOfKind<K extends EventKind>(event: FabricEvent, kind: K): event is EventOf<K> {
  return event.kind === kind;
}

/** Whoever has no types would else wait for ever for an event that never comes. */
function checkListening(kind: unknown, listener: unknown): void {
  if (typeof kind !== 'string' || !Object.hasOwn(eventTable, kind)) {
    const hint = typeof kind === 'string' ? didYouMean(kind, Object.keys(eventTable)) : undefined;
    const found = typeof kind === 'string' ? `"${kind.slice(0, 80)}"` : `a value of type ${typeof kind}`;
    const expected = 'a kind of event (docs/events.md lists them)';
    throw new HeddleError('bad_argument', { path: ['kind'], expected, found: hint === undefined ? found : `${found} (${hint})` });
  }
  if (typeof listener === 'function') return;
  throw new HeddleError('bad_argument', { path: ['listener'], expected: 'a function', found: `a value of type ${typeof listener}` });
}
