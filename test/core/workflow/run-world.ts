/** A world for run machines: calls are answered by a function, in virtual time, with capacity if asked for. */

import { seededRandom } from '../../../src/base/random.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import type { Payload } from '../../../src/core/payload.ts';
import { parseWorkflow } from '../../../src/core/workflow/parse.ts';
import type { WireRunEvent } from '../../../src/core/workflow/record.ts';
import { RunMachine } from '../../../src/core/workflow/run.ts';
import type { Called, RunEffect, RunInput, RunSettings, StepEnd, UndoStart } from '../../../src/core/workflow/run-io.ts';
import { HeddleError } from '../../../src/errors.ts';
import type { PlainError } from './codec.ts';
import { codec, decode, decodeFilled, encode } from './codec.ts';

export type Start = Extract<RunEffect, { kind: 'startStep' }>;

/** How a call ends, after how long; undefined: never, unless it is cancelled. */
export type Answer = { readonly afterMs?: number; readonly freeSlots?: number | (() => number); readonly server?: string } & (
  | { readonly value: unknown }
  | { readonly payload: Payload }
  | { readonly error: HeddleError }
);
export type Answers = (args: readonly unknown[], start: Start, nowMs: number) => Answer | undefined;

export interface WorldOptions {
  readonly returns?: unknown;
  readonly input?: unknown;
  readonly settings?: Partial<RunSettings>;
  /** How undos end; default: well, after 1 ms. */
  readonly undos?: (args: readonly unknown[], start: UndoStart, nowMs: number) => Answer;
  /** Cancelled calls answer by themselves; default true. */
  readonly cancelAnswers?: boolean;
}

/** Far more than any test needs. */
const turnsMax = 200_000;

export class World {
  readonly clock = new VirtualClock(0);
  readonly machine: RunMachine;
  readonly events: WireRunEvent[] = [];
  readonly effects: RunEffect[] = [];
  readonly #answers: Answers;
  readonly #options: WorldOptions;
  readonly #open = new Map<string, () => void>();

  constructor(commands: unknown, answers: Answers, options: WorldOptions = {}) {
    const hasInput = 'input' in options;
    const { checked, looksBare } = parseWorkflow(commands, { hasInput, encode, returns: options.returns });
    const input = hasInput ? { input: encode(options.input) } : {};
    this.machine = new RunMachine({
      runId: 'r1',
      coordinator: 'here',
      workflow: checked,
      timeoutMs: 300_000,
      wallOffsetMs: 1_000,
      random: seededRandom('run'),
      codec,
      looksBare,
      ...input,
      ...options.settings,
    });
    this.#answers = answers;
    this.#options = options;
  }

  /** Runs until the machine has settled, or nothing can happen any more. */
  run(): this {
    this.feed({ kind: 'started' });
    return this.continue();
  }

  continue(untilMs = Number.POSITIVE_INFINITY): this {
    for (let turn = 0; ; turn += 1) {
      if (turn > turnsMax) throw new Error('the run does not come to an end');
      const wakeMs = this.machine.nextWakeMs();
      const nextMs = Math.min(wakeMs, this.clock.nextMs());
      if (nextMs > untilMs || nextMs === Number.POSITIVE_INFINITY) return this;
      if (this.clock.nextMs() <= wakeMs) this.clock.step();
      else {
        this.clock.advance(Math.max(0, wakeMs - this.clock.nowMs()));
        this.feed({ kind: 'wake' });
      }
    }
  }

  feed(input: RunInput): void {
    this.machine.handle(input, this.clock.nowMs());
    for (const effect of this.machine.takeEffects()) {
      this.effects.push(effect);
      if (effect.kind === 'event') this.events.push(effect.event);
      else if (effect.kind === 'startStep') this.#call(effect);
      else if (effect.kind === 'startUndo') this.#undo(effect);
      else if (effect.kind === 'cancelStep' && this.#options.cancelAnswers !== false) this.#cancel(effect);
      else if (effect.kind === 'readList') this.#read(effect);
      else if (effect.kind === 'makeList')
        this.feedLater(0, { kind: 'listMade', step: effect.step, end: { ok: true, value: encode(effect.values.map(decode)) } });
    }
  }

  /** The result, decoded; undefined when the run failed or has not settled. */
  get result(): unknown {
    const end = this.events.at(-1);
    return end?.kind === 'run.settled' && end.result ? decodeFilled(end.result) : undefined;
  }

  get error(): PlainError | undefined {
    const end = this.events.at(-1);
    return end?.kind === 'run.settled' ? (end.error as PlainError | undefined) : undefined;
  }

  /** `kind step` of every event, for transcripts. */
  get story(): readonly string[] {
    return this.events.map((event) => {
      const step = 'step' in event ? ` ${event.step}` : '';
      const outcome = event.kind === 'step.settled' || event.kind === 'element.settled' ? ` ${event.outcome}` : '';
      const element = 'element' in event && event.element !== undefined ? `[${event.element}]` : '';
      return `${event.kind}${step}${element}${event.kind === 'step.waiting' ? ` ${event.reason.kind}` : outcome}`;
    });
  }

  #call(start: Start): void {
    const args = decodeFilled(start.args) as readonly unknown[];
    const answer = this.#answers(args, start, this.clock.nowMs());
    const called = { step: start.step, element: start.element };
    this.feedLater(0, { kind: 'stepStarted', ...called, server: answer?.server ?? 's', attempt: 1 });
    if (!answer) {
      this.#open.set(keyOf(start), () => {});
      return;
    }
    const end: StepEnd = 'error' in answer ? failed(answer.error) : { ok: true, value: payloadOf(answer) };
    const { freeSlots, server = 's' } = answer;
    const cancelTimer = this.clock.schedule(answer.afterMs ?? 1, () =>
      this.feed({
        kind: 'stepSettled',
        ...called,
        end,
        server,
        freeSlots: typeof freeSlots === 'function' ? freeSlots() : freeSlots,
      }),
    );
    this.#open.set(keyOf(start), cancelTimer);
  }

  #undo(start: UndoStart): void {
    const args = decodeFilled(start.args) as readonly unknown[];
    const answer = this.#options.undos?.(args, start, this.clock.nowMs()) ?? { value: 'undone' };
    const end: StepEnd = 'error' in answer ? failed(answer.error) : { ok: true, value: payloadOf(answer) };
    const called = { step: start.step, element: start.element };
    this.feedLater(0, { kind: 'undoStarted', ...called, server: 's' });
    this.feedLater(answer.afterMs ?? 1, { kind: 'undoSettled', ...called, end, server: 's' });
  }

  #read({ step, list }: Extract<RunEffect, { kind: 'readList' }>): void {
    const value = decodeFilled(list);
    const error = new HeddleError('bad_argument', { path: ['each'], expected: 'a list', found: 'something else' });
    this.feedLater(0, { kind: 'listRead', step, list: Array.isArray(value) ? { ok: true, items: value.map(encode) } : failed(error) });
  }

  #cancel({ step, element }: Called): void {
    this.#open.get(keyOf({ step, element }))?.();
    this.feedLater(1, { kind: 'stepSettled', step, element, end: failed(new HeddleError('cancelled', {}, { executed: 'maybe' })) });
  }

  feedLater(afterMs: number, input: RunInput): () => void {
    return this.clock.schedule(afterMs, () => this.feed(input));
  }
}

function payloadOf(answer: { readonly value: unknown } | { readonly payload: Payload }): Payload {
  return 'payload' in answer ? answer.payload : encode(answer.value);
}

function keyOf({ step, element }: Called): string {
  return element === undefined ? step : `${step}[${element}]`;
}

export function failed(error: HeddleError): Extract<StepEnd, { ok: false }> {
  return { ok: false, error, wire: codec.encodeError(error) };
}

export function thrown(message = 'boom'): HeddleError {
  return new HeddleError('function_failed', { name: 'Error', message });
}

/** Servers with `places` each and a queue of twice that, which refuse the rest; a call takes `workMs`. */
export function limitedServers(clockOf: () => VirtualClock, servers: number, places: number, workMs: number): Answers {
  const busy = Array.from({ length: servers }, () => [] as number[]);
  return (args) => {
    const nowMs = clockOf().nowMs();
    for (const [at, ends] of busy.entries()) busy[at] = ends.filter((endMs) => endMs > nowMs);
    const [server] = [...busy.keys()].sort((a, b) => (busy[a]?.length ?? 0) - (busy[b]?.length ?? 0));
    const ends = busy[server ?? 0] ?? [];
    if (ends.length >= places * 3)
      return { error: new HeddleError('overloaded', { function: 'f', server: 's', retryAfterMs: 10 }), server: `s${server}` };
    const begin = ends.length < places ? nowMs : (ends[ends.length - places] ?? nowMs);
    ends.push(begin + workMs);
    const freeSlots = (): number => Math.max(0, places - ends.filter((endMs) => endMs > clockOf().nowMs()).length);
    return { value: args[0], afterMs: begin + workMs - nowMs, freeSlots, server: `s${server}` };
  };
}
