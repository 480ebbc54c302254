/**
 * What went wrong with a call so far. Most calls have none: it is made with the first failure.
 *
 * B1 `executed` of the end is the strongest over the attempts.
 * B2 that nobody else could be chosen is no end of its own: what became of the attempt that may have run is.
 * B3 a call of which nobody can say whether it ran goes to no server where it must not run twice, whatever it was where it was lost.
 */

import { type ErrorCode, type Executed, errorTable, HeddleError, strongest } from '../../errors.ts';
import { fromWireError, toWireError, type WireError } from '../../wire/error.ts';
import type { Invocation } from '../link/invocation.ts';
import type { Tried } from './routing-port.ts';

export class CallHistory {
  /** Connections lost under the call. */
  lost: number;
  #tried: Map<string, ErrorCode> | undefined = undefined;
  /** The failure that says most about whether the function ran. */
  #strongest: WireError | undefined = undefined;
  #mayHaveRun = false;
  #isHedged = false;

  /** `lost`: on earlier hops. */
  constructor(lost: number) {
    this.lost = lost;
  }

  /** Servers tried since the last backoff. */
  get tried(): Tried | undefined {
    return this.#tried;
  }

  get executed(): Executed {
    return this.#strongest?.executed ?? 'no';
  }

  /** Of one attempt nobody can say whether it ran, or another one is under way (B3). */
  get mayHaveRun(): boolean {
    return this.#mayHaveRun;
  }

  /** Two attempts have been under way at a time. */
  get isHedged(): boolean {
    return this.#isHedged;
  }

  /** An attempt, or the choice of one, failed. */
  add(error: WireError, code: HeddleError['code']): void {
    this.note(error);
    if (code === 'connection_lost') this.lost += 1;
  }

  /** The same, of an attempt that is counted already. */
  note(error: WireError): void {
    if (error.executed === 'maybe') this.#mayHaveRun = true;
    if (this.#strongest === undefined || isStronger(error.executed, this.#strongest.executed)) this.#strongest = error;
  }

  /** It may have run, of which others say more. */
  noteRun(): void {
    this.#mayHaveRun = true;
  }

  /** From now on two attempts are under way at a time. */
  noteHedge(): void {
    this.#isHedged = true;
    this.noteRun();
    this.lost += 1;
  }

  /** Leaves a server out until the next backoff. */
  avoid(instance: string, because: ErrorCode): void {
    this.#tried ??= new Map();
    this.#tried.set(instance, because);
  }

  /** What was refused a moment ago may be free again: a paid retry looks at every offer. */
  forgetTried(): void {
    this.#tried = undefined;
  }

  /** The last error, or the strongest where the last cannot say as much (B1), or where the last says only that there was nobody else (B2). */
  verdict(last: WireError): WireError {
    const ran = this.#strongest && isStronger(this.#strongest.executed, last.executed) ? this.#strongest : undefined;
    if (ran === undefined) return last;
    const { code } = fromWireError(last);
    const canSay: readonly Executed[] = errorTable[code].executed;
    return canSay.includes(ran.executed) && code !== 'no_route' ? { ...last, executed: ran.executed } : ran;
  }
}

/**
 * That of a call which was sent before, and may have run there. Over a session that was lost (`via`), nobody but this one may be
 * left to say so. Otherwise whoever sent it keeps account of that itself: another attempt of it may be under way still, of which
 * nothing is lost. Of a step the run does (core/workflow/past-calls.ts). Then this one is not to say it again.
 */
export function historyOf({
  isAgain,
  lost,
  isStep,
  via,
}: Pick<Invocation, 'isAgain' | 'lost' | 'isStep' | 'via'>): CallHistory | undefined {
  if (!isAgain) return undefined;
  const history = new CallHistory(lost);
  if (isStep || via === undefined) history.noteRun();
  else history.note(toWireError(new HeddleError('connection_lost', { server: 'its former entry' })));
  return history;
}

function isStronger(a: Executed, b: Executed): boolean {
  return a !== b && strongest(a, b) === a;
}
