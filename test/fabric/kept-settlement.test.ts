/**
 * K1 to K3 of src/fabric/serve/kept-settlement.ts, as whoever asks what became of a call sees them.
 */

import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { OutcomeTable, type OutcomeTableOptions } from '../../src/core/outcome/outcome-table.ts';
import { ReplyLedger } from '../../src/core/outcome/reply-ledger.ts';
import type { Payload } from '../../src/core/payload.ts';
import { HeddleError } from '../../src/errors.ts';
import type { HeldOutcome } from '../../src/fabric/link/held-outcome.ts';
import type { Settlement } from '../../src/fabric/link/invocation.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { failure } from '../../src/fabric/link/responses.ts';
import { Outcomes } from '../../src/fabric/serve/outcomes.ts';
import { callFrame } from '../frames.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Calls that end here, over one link; `isDirect`: they run here. */
function desk(isDirect: boolean, options: OutcomeTableOptions = {}) {
  const outcomes = new Outcomes({ clock: new VirtualClock(), server: 'here', table: new OutcomeTable(options) });
  const ledger = new ReplyLedger<HeldOutcome>();
  const identity = { name: 'c', instance: 'c' };
  const peer = { identity, ledger, serve: () => {}, reply: () => ledger.sent() } as unknown as Peer; // what of it is asked here
  outcomes.opened(peer);
  const end = (callNumber: number, settlement: Settlement): void =>
    outcomes.enter(callFrame('f', [], { callNumber, isDirect }), peer).settled(settlement);
  const ask = (callNumber: number): Settlement | undefined => {
    const found = outcomes.standing({ caller: 'c', callNumber }, { round: 1, asker: 'z' });
    return found.state === 'done' ? found.outcome : undefined;
  };
  return { end, ask, lose: () => outcomes.closed(peer) };
}

const result = (value: Payload): Settlement => ({ outcome: { ok: true, value } });

/** Memory that the answer keeps alive, in bytes. */
function memoryOf(settlement: Settlement | undefined): number | undefined {
  const outcome = settlement?.outcome;
  return outcome && (outcome.ok ? outcome.value : outcome.error.detail).bytes.buffer.byteLength;
}

/** A failure of which the detail lies in a message that came. */
function failureIn(message: Uint8Array): Settlement {
  const { error } = failure(new HeddleError('connection_lost', { server: 'there' }));
  message.set(error.detail.bytes);
  return {
    outcome: { ok: false, error: { ...error, detail: { ...error.detail, bytes: message.subarray(0, error.detail.bytes.length) } } },
  };
}

test('a small end does not keep a large message alive, held or kept (K1)', () => {
  const message = new Uint8Array(4 * MiB).fill(7);
  const ends = [result({ encoding: 'bytes', bytes: message.subarray(0, 1) }), failureIn(new Uint8Array(4 * MiB))];
  for (const isDirect of [true, false]) {
    for (const end of ends) {
      const calls = desk(isDirect);
      calls.end(1, end);
      expect(memoryOf(calls.ask(1))).toBeLessThanOrEqual(16 * KiB);
      expect(calls.ask(1)).toEqual(end);
    }
  }
});

test('what is kept after its link is lost keeps no more than twice its bytes alive (K1)', () => {
  const calls = desk(false);
  const chunk = new Uint8Array(8 * KiB);
  calls.end(1, result({ encoding: 'json', bytes: chunk.subarray(100, 104) }));
  const large = result({ encoding: 'json', bytes: chunk.subarray(0, 5 * KiB) });
  calls.end(2, large);
  calls.lose();
  expect(memoryOf(calls.ask(1))).toBeLessThanOrEqual(8);
  expect(calls.ask(2)).toBe(large);
});

test('what is said later of bytes that a handler gave, and wrote to again, is what was said first (K2)', () => {
  const calls = desk(true);
  const scratch = new Uint8Array([1, 2, 3]);
  calls.end(1, result({ encoding: 'bytes', bytes: scratch }));
  scratch.fill(9);
  expect(calls.ask(1)).toEqual(result({ encoding: 'bytes', bytes: new Uint8Array([1, 2, 3]) }));
  calls.lose();
  expect(calls.ask(1)).toEqual(result({ encoding: 'bytes', bytes: new Uint8Array([1, 2, 3]) }));
});

test('causes and partial results count among the bytes that are kept (K3)', () => {
  const calls = desk(true, { bytesPerPeerMax: 250 * KiB });
  const partial = { a: new Uint8Array(100 * KiB) };
  const cause = new HeddleError('step_failed', { step: 'b', partial, steps: {} }, { executed: 'yes' });
  for (const callNumber of [1, 2, 3])
    calls.end(callNumber, { outcome: failure(new HeddleError('connection_lost', { server: 'x' }, { cause })) });
  calls.lose();
  expect([1, 2, 3].map((callNumber) => calls.ask(callNumber) !== undefined)).toEqual([false, true, true]);
});
