/** V1 of src/fabric/link/invocation.ts: whoever makes a call, its fields are the same ones in the same order. */
import { describe, expect, it } from 'vitest';
import { DeadlineWheel } from '../../src/base/deadline-wheel.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Catalog } from '../../src/core/catalog/catalog.ts';
import { invocationOf } from '../../src/fabric/call/call-frame.ts';
import { FabricCaller } from '../../src/fabric/call/caller.ts';
import { handedBack } from '../../src/fabric/call/handed-back.ts';
import { ToldRunners } from '../../src/fabric/call/told-runners.ts';
import type { CallEngine, Invocation } from '../../src/fabric/link/invocation.ts';
import { Runner } from '../../src/fabric/run/runner.ts';
import { WorkflowChecks } from '../../src/fabric/run/workflow-checks.ts';
import { Observer } from '../../src/observe/observer.ts';
import type { CallFrame } from '../../src/wire/frame.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frame-codec.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';
import { invocationFor } from '../invocations.ts';

const fields = Object.keys(invocationFor());

/** An engine that keeps what it is given. */
function keeper() {
  const kept: Invocation[] = [];
  const engine: CallEngine = {
    start(call) {
      kept.push(call);
      return { cancel: () => {}, stream: () => {} };
    },
  };
  return { kept, engine };
}

describe('the fields of a call are those of every other, in the same order (V1)', () => {
  it('where a client or a handler makes it', () => {
    const { kept, engine } = keeper();
    const clock = new VirtualClock();
    const identity = { name: 'me', instance: 'i1' };
    const caller = new FabricCaller({ engine, clock, wheel: new DeadlineWheel(clock), identity, refusal: () => undefined });
    void caller.call('f', [1], { version: '1.0.0', hedge: true });
    void caller.call('f', [1], undefined);
    expect(kept.map(Object.keys)).toEqual([fields, fields]);
  });

  it('where a server passes it on', () => {
    const frame = decodeFrame(encodeFrame(callFrame('f', [1]))) as CallFrame; // it was one
    expect(Object.keys(invocationOf(frame, { callerName: 'me', callerInstance: 'i1' }, 0))).toEqual(fields);
  });

  it('where it is a step of a run', () => {
    const { kept, engine } = keeper();
    const catalog = new Catalog();
    const work = { name: 'work', version: '1.0.0', effect: 'once', kind: 'call', resources: [] } as const;
    catalog.setOffers({ name: 'one', instance: 'i1', resources: [] }, { functions: [work] }, 0);
    const runner = new Runner({
      server: 'one',
      checks: new WorkflowChecks(catalog),
      clock: new VirtualClock(),
      random: seededRandom('invocation'),
      observer: new Observer(),
      nextCall: () => ({ caller: 'i1', callerName: 'one', callNumber: 1 }),
      engine: { ...engine, startGroup: () => undefined },
    });
    const command = { name: 'a', function: 'work', args: { value: encodeValue([]), holes: [] }, after: [] };
    const request = { commands: [command], returns: { kind: 'all' }, isDetached: true, looksBare: [] } as const;
    runner.submit(request, { onEvent: () => {}, onFailure: () => {} });
    expect(kept.map(Object.keys)).toEqual([fields]);
  });

  it('where it is sent with more than it was made with', () => {
    const told = new ToldRunners(new VirtualClock());
    told.note('f', ['a']);
    const error = { code: 'connection_lost', executed: 'maybe', message: '', detail: encodeValue({}) } as const;
    const again = handedBack(invocationFor(), { ok: false, error, runners: ['a'] }, 0);
    expect([told.named(invocationFor()), again ?? {}].map(Object.keys)).toEqual([fields, fields]);
  });
});
