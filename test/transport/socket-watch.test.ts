import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { SocketWatch } from '../../src/transport/socket-watch.ts';

class FakeSocket extends EventEmitter {
  destroyed = false;
  closed = false;

  destroy(): void {
    this.destroyed = true;
  }
}

function rig() {
  const socket = new FakeSocket();
  // A watch looks at no more of a socket than is here.
  return { socket, watch: new SocketWatch(socket as unknown as Socket) };
}

test.each(['end', 'error'])('E1: an %s that is read after the socket was put away is the peer’s all the same', (event) => {
  const { socket, watch } = rig();
  watch.putAway();
  expect([watch.evidence, watch.isEnding]).toEqual([undefined, true]);
  socket.emit(event, new Error('ECONNRESET'));
  expect(watch.evidence).toBe('reset');
  socket.closed = true;
  expect([watch.evidence, watch.isEnding]).toEqual(['reset', false]);
});

test('E2: a socket that was put away, and of which the peer’s system said nothing, is no silence', () => {
  const { socket, watch } = rig();
  watch.putAway();
  socket.closed = true;
  expect(watch.evidence).toBeUndefined();
});

test('E2: one that was given up is silent, whatever comes after, and putting it away changes nothing', () => {
  const { socket, watch } = rig();
  watch.destroy();
  watch.putAway();
  socket.emit('end');
  expect(watch.evidence).toBe('silent');
});

test('E2: one that Node destroyed by itself, as its keepalive does at a listener, is silent', () => {
  const { socket, watch } = rig();
  socket.destroy();
  expect(watch.evidence).toBe('silent');
});

test('E1: one that is open has no evidence, and one that ended is a reset', () => {
  const { socket, watch } = rig();
  expect([watch.evidence, watch.isEnding]).toEqual([undefined, false]);
  socket.emit('end');
  expect(watch.evidence).toBe('reset');
});
