import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Proof } from '../../src/fabric/link/proof.ts';
import { Term } from '../../src/fabric/link/term.ts';
import { identityOf } from '../../src/identity/identity.ts';
import { HeddleError } from '../../src/index.ts';

const alice = identityOf('token', 'alice');
const error = (): HeddleError => new HeddleError('unauthenticated', { server: 'here', reason: 'expired', why: 'it has ended' });

function rig(untilMs?: number) {
  const clock = new VirtualClock();
  const proof = new Proof(alice, untilMs === undefined ? undefined : clock.nowMs() + untilMs);
  const over: string[] = [];
  const term = new Term({ proof, clock, error });
  return { clock, proof, over, term, leave: term.whenOver(({ code }) => over.push(code)) };
}

describe('what somebody follows', () => {
  test('T1: ends with the token under which it began, once', () => {
    const { clock, over } = rig(1_000);
    clock.advance(999);
    expect(over).toEqual([]);
    clock.advance(1);
    expect(over).toEqual(['unauthenticated']);
    clock.advance(10_000);
    expect([over, clock.nextMs()]).toEqual([['unauthenticated'], Number.POSITIVE_INFINITY]);
  });

  test('T1: goes on with a token that was renewed, and ends with that one, be it later or earlier', () => {
    const { clock, proof, over } = rig(1_000);
    clock.advance(700);
    proof.renew(clock.nowMs() + 5_000);
    clock.advance(4_999);
    expect(over).toEqual([]);
    proof.renew(clock.nowMs() + 3_000);
    proof.renew(clock.nowMs() + 100);
    clock.advance(99);
    expect(over).toEqual([]);
    clock.advance(1);
    expect(over).toEqual(['unauthenticated']);
  });

  test('that ended before leaves no timer, and is told nothing', () => {
    const { clock, proof, over, leave } = rig(1_000);
    leave();
    proof.renew(clock.nowMs() + 500);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
    clock.advance(5_000);
    expect(over).toEqual([]);
  });

  test('T2: has no end and costs no timer where the proof has none', () => {
    const { clock } = rig();
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('T1: as a stream: its signal aborts, and the error is what it ends with, whatever it was about to say', async () => {
    const { clock, term } = rig(1_000);
    const seen: number[] = [];
    const waits = deferred<void>();
    const follow = async function* (signal: AbortSignal) {
      yield 1;
      await new Promise((_, no) => {
        signal.addEventListener('abort', () => no(new Error('the pull was given up')));
        waits.resolve();
      });
      yield 2;
    };
    const read = async (): Promise<void> => {
      for await (const item of term.during(new AbortController().signal, follow)) seen.push(item);
    };
    const reading = read();
    await waits.promise;
    clock.advance(1_000);
    await expect(reading).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(seen).toEqual([1]);
  });

  test('as a stream: ends quietly where its reader leaves, or it is at its end', async () => {
    const { clock, term, leave } = rig(1_000);
    leave();
    const reader = new AbortController();
    const follow = async function* (signal: AbortSignal) {
      yield 1;
      if (!signal.aborted) await new Promise<void>((yes) => signal.addEventListener('abort', () => yes()));
    };
    const left = (async () => {
      for await (const _ of term.during(reader.signal, follow)) reader.abort();
    })();
    await left;
    const ended = async function* () {
      yield 1;
    };
    for await (const _ of term.during(new AbortController().signal, ended)) expect(clock.nextMs()).toBeGreaterThan(0);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
