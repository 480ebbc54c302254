/** Limits of one link and one coordinator: what still goes at the limit, and what one more is told. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Catalog } from '../../src/core/catalog/catalog.ts';
import { HeddleError } from '../../src/errors.ts';
import type { RequestFrame, RoomWaiter } from '../../src/fabric/link/conversation.ts';
import type { CallSink } from '../../src/fabric/link/invocation.ts';
import { LargeValues } from '../../src/fabric/link/large-values.ts';
import { Peer } from '../../src/fabric/link/peer.ts';
import { callsInFlightMax, RoomQueue, waitersMax } from '../../src/fabric/link/room-queue.ts';
import { activeMax, activeOfOneMax, Runner } from '../../src/fabric/run/runner.ts';
import { WorkflowChecks } from '../../src/fabric/run/workflow-checks.ts';
import { Observer } from '../../src/observe/observer.ts';
import type { Link, LinkHandlers } from '../../src/transport/transport.ts';
import { fromWireError } from '../../src/wire/error.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frame-codec.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';

describe('a queue for room', () => {
  test(`takes ${waitersMax} and refuses one more, until one is let in or leaves`, () => {
    const queue = new RoomQueue();
    const waiters = Array.from({ length: waitersMax }, (): RoomWaiter => ({ onRoom: () => {}, onLost: () => {} }));
    const late: RoomWaiter = { onRoom: () => {}, onLost: () => {} };
    expect(waiters.every((waiter) => queue.add(waiter))).toBe(true);
    expect(queue.add(late)).toBe(false);
    let places = 1;
    queue.admit(() => places-- > 0);
    expect([queue.size, queue.add(late), queue.size]).toEqual([waitersMax - 1, true, waitersMax]);
  });
});

describe('what one peer asks at once', () => {
  const incomingMax = 4 * callsInFlightMax;

  test(`is served up to ${incomingMax} conversations; one more is overloaded and not looked at`, () => {
    const sent: Frame[] = [];
    const asked: RequestFrame[] = [];
    let handlers: LinkHandlers | undefined;
    const link = {
      kind: 'link',
      remoteAddress: 'far:1',
      isWritable: true,
      open: (taken: LinkHandlers) => {
        handlers = taken;
      },
      send: (bytes: Uint8Array) => sent.push(decodeFrame(bytes)),
      close: () => {},
    };
    // A peer that serves calls uses no more of its link.
    const peer: Peer = new Peer(
      link as unknown as Link,
      { name: 'far', instance: 'f' },
      {
        onRequest: (frame) => {
          asked.push(frame);
          peer.serve(frame.id, { cancel: () => {} });
        },
        onClosed: () => {},
      },
    );
    for (let id = 1; id <= incomingMax + 1; id += 1) handlers?.onFrame(encodeFrame(callFrame('f', [], { id })));
    expect([asked.length, peer.incoming, sent.length]).toEqual([incomingMax, incomingMax, 1]);
    const [refusal] = sent;
    const error = refusal?.kind === 'reply' && !refusal.outcome.ok ? fromWireError(refusal.outcome.error) : undefined;
    expect([error?.code, error?.executed]).toEqual(['overloaded', 'no']);
    peer.reply(1, { outcome: { ok: true, value: encodeValue(1) } });
    handlers?.onFrame(encodeFrame(callFrame('f', [], { id: incomingMax + 2 })));
    expect(asked).toHaveLength(incomingMax + 1);
  });
});

describe('values that are ahead of their frames', () => {
  const link = { sendLarge: () => Promise.resolve(), dropLarge: () => {} };
  const mebibyte = 1024 * 1024;

  test('are kept up to 1,024; one more is a protocol error', () => {
    const values = new LargeValues(link);
    for (let transfer = 1; transfer <= 1_024; transfer += 1) values.arrived(transfer, new Uint8Array(1));
    expect(() => values.arrived(1_025, new Uint8Array(1))).toThrow(HeddleError);
  });

  test('are kept up to 128 MiB; one byte more is a protocol error', () => {
    const values = new LargeValues(link);
    const largest = new Uint8Array(64 * mebibyte);
    values.arrived(1, largest);
    values.arrived(2, largest);
    expect(() => values.arrived(3, new Uint8Array(1))).toThrow(HeddleError);
  });

  test('make room again when their frame has come', () => {
    const values = new LargeValues(link);
    for (let transfer = 1; transfer <= 1_024; transfer += 1) values.arrived(transfer, new Uint8Array(1));
    let filled = 0;
    values.incoming().expect(1, 1, () => (filled += 1));
    values.arrived(1_025, new Uint8Array(1));
    expect(filled).toBe(1);
  });
});

describe('runs of one coordinator', () => {
  test(`are ${activeMax} at once, ${activeOfOneMax} of one client; one more is overloaded, until one has settled`, () => {
    const catalog = new Catalog();
    const work = { name: 'work', version: '1.0.0', effect: 'once', kind: 'call', resources: [] } as const;
    catalog.setOffers({ name: 'one', instance: 'i1', resources: [] }, { functions: [work] }, 0);
    const sinks: CallSink[] = [];
    const runner = new Runner({
      server: 'one',
      checks: new WorkflowChecks(catalog),
      clock: new VirtualClock(),
      random: seededRandom('edges'),
      observer: new Observer(),
      nextCall: () => ({ caller: 'i1', callerName: 'one', callNumber: 1 }),
      engine: {
        start: (_invocation, sink) => {
          sinks.push(sink);
          return { cancel: () => {}, stream: () => {} };
        },
        startGroup: () => undefined,
      },
    });
    const refused: HeddleError[] = [];
    const submit = (identity?: string): void => {
      const command = { name: 'a', function: 'work', args: { value: encodeValue([]), holes: [] }, after: [] };
      const request = { commands: [command], returns: { kind: 'all' }, isDetached: true, looksBare: [], identity } as const;
      runner.submit(request, { onEvent: () => {}, onFailure: (error) => refused.push(error) });
    };
    for (let count = 0; count < activeOfOneMax; count += 1) submit('token:alice');
    expect([runner.active, refused]).toEqual([activeOfOneMax, []]);
    // N4: the rest is for others, as many as come.
    submit('token:alice');
    expect(refused.splice(0)).toMatchObject([{ code: 'overloaded', executed: 'no' }]);
    sinks[0]?.settled({ outcome: { ok: true, value: encodeValue(1) } });
    submit('token:alice');
    for (let count = activeOfOneMax; count < activeMax; count += 1) submit(count % 2 === 0 ? 'certificate:bob' : 'anonymous');
    expect([runner.active, refused]).toEqual([activeMax, []]);
    submit();
    expect(refused).toMatchObject([{ code: 'overloaded', executed: 'no' }]);
    sinks[1]?.settled({ outcome: { ok: true, value: encodeValue(1) } });
    submit();
    expect([runner.active, refused.length]).toEqual([activeMax, 1]);
    runner.close();
  });
});
