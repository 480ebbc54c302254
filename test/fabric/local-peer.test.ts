import { expect, test, vi } from 'vitest';
import { defineFunction } from '../../src/fabric/define.ts';
import { LocalPeer } from '../../src/fabric/local-peer.ts';
import type { ReplyFrame } from '../../src/wire/frame.ts';
import { decodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';
import { ServingRig } from './serving-rig.ts';

const hang = defineFunction({ name: 'hang', handler: (): Promise<never> => new Promise(() => {}) });

function rig() {
  const { dispatcher } = new ServingRig({ hang, add: (a: number, b: number) => a + b });
  const peer = new LocalPeer(dispatcher, { name: 'server-1', instance: 'abad1dea' });
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
  peer.send({ kind: 'cancel', id, reason: 'enough' });
  expect(conversation.onReply).not.toHaveBeenCalled();
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
  const peer = new LocalPeer(dispatcher, { name: 'server-1', instance: 'abad1dea' });
  const replies: ReplyFrame[] = [];
  const id = peer.reserve({ onReply: (frame) => replies.push(frame), onLost: vi.fn() });
  peer.send(callFrame('read', [], { id }));
  buffer.fill(0);
  expect(replies.map(({ outcome }) => outcome.ok && decodeValue(outcome.value))).toEqual([new Uint8Array([1, 2, 3])]);
});
