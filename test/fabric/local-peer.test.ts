import { expect, test, vi } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { LocalPeer } from '../../src/fabric/serve/local-peer.ts';
import type { ReplyFrame } from '../../src/wire/frame.ts';
import { decodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';
import { openGate } from './open-gate.ts';
import { ServingRig } from './serving-rig.ts';

const hang = defineFunction({ name: 'hang', handler: (): Promise<never> => new Promise(() => {}) });

function rig() {
  const { dispatcher } = new ServingRig({ hang, add: (a: number, b: number) => a + b });
  const peer = new LocalPeer(dispatcher, { name: 'server-1', instance: 'abad1dea' }, openGate());
  const conversation = { onReply: vi.fn(), onLost: vi.fn() };
  return { dispatcher, peer, conversation, id: peer.reserve(conversation) };
}

test('a local call is answered once, before send returns', () => {
  const { peer, conversation, id } = rig();
  peer.send(callFrame('add', [1, 2], { id }));
  expect(conversation.onReply).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ kind: 'reply', id }));
});

test('a cancelled local call is ended by its caller alone: the answer to the cancel is for nobody', () => {
  const { dispatcher, peer, conversation, id } = rig();
  peer.send(callFrame('hang', [], { id }));
  expect(dispatcher.inFlight).toBe(1);
  peer.send({ kind: 'cancel', id, reason: 'enough', hasLeft: false });
  expect(conversation.onReply).not.toHaveBeenCalled();
  expect(dispatcher.inFlight).toBe(0);
});

test('a cancelled local call has its signal fired, and no error is written for nobody', async () => {
  const reasons: unknown[] = [];
  const waits = defineFunction({
    name: 'waits',
    handler: (ctx): Promise<never> =>
      new Promise((_resolve, reject) =>
        ctx.signal.addEventListener('abort', () => {
          reasons.push(ctx.signal.reason);
          reject(ctx.signal.reason);
        }),
      ),
  });
  const { dispatcher } = new ServingRig({ waits });
  const settled = vi.fn();
  const incoming = dispatcher.dispatch(callFrame('waits', []), { callerName: 'here', callerInstance: 'here', hasLeft: true, settled });
  incoming.cancel('enough');
  expect(reasons).toEqual([expect.objectContaining({ code: 'cancelled', detail: { reason: 'enough' } })]);
  expect(settled).not.toHaveBeenCalled();
  expect(dispatcher.inFlight).toBe(0);
});

test('a released local call answers to nobody', () => {
  const { peer, conversation, id } = rig();
  peer.release(id);
  peer.send(callFrame('add', [1, 2], { id }));
  expect(conversation.onReply).not.toHaveBeenCalled();
});

test('bytes that a local function gives are a copy: what it does to its buffer afterwards is its own affair', () => {
  const buffer = Buffer.from([1, 2, 3]);
  const { dispatcher } = new ServingRig({ read: () => buffer });
  const peer = new LocalPeer(dispatcher, { name: 'server-1', instance: 'abad1dea' }, openGate());
  const replies: ReplyFrame[] = [];
  const id = peer.reserve({ onReply: (frame) => replies.push(frame), onLost: vi.fn() });
  peer.send(callFrame('read', [], { id }));
  buffer.fill(0);
  expect(replies.map(({ outcome }) => outcome.ok && decodeValue(outcome.value))).toEqual([new Uint8Array([1, 2, 3])]);
});
