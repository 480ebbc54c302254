import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Inbox } from '../../src/transport/inbox.ts';
import { inboxBytesMax, sliceFrames, turnMs } from '../../src/transport/limits.ts';
import { Turns } from '../../src/transport/turns.ts';

const clock = new VirtualClock();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function world(onDeliver: (frame: Uint8Array) => void = () => {}, inNextTurn: (task: () => void) => void = setImmediate) {
  const delivered: number[] = [];
  const heard: string[] = [];
  const inbox = new Inbox({
    nowMs: () => clock.nowMs(),
    turns: new Turns({ nowMs: () => clock.nowMs(), inNextTurn }),
    deliver: (frame) => {
      delivered.push(frame[0] ?? -1);
      onDeliver(frame);
    },
    pause: () => heard.push('pause'),
    resume: () => heard.push('resume'),
  });
  const message = (from: number, count: number, bytes = 1): void => {
    inbox.begin();
    for (let at = 0; at < count; at += 1) inbox.push(new Uint8Array(bytes).fill(from + at));
  };
  return { inbox, delivered, heard, message };
}

const counted = (to: number): number[] => Array.from({ length: to }, (_unused, at) => at);

test('a short message is delivered at once', () => {
  const { delivered, message } = world();
  message(0, sliceFrames);
  expect(delivered).toEqual(counted(sliceFrames));
});

test('a long message is delivered a slice a turn, in order, later messages behind it (I1)', async () => {
  const { delivered, message } = world();
  message(0, 2 * sliceFrames + 1);
  message(2 * sliceFrames + 1, 2);
  expect(delivered).toEqual(counted(sliceFrames));
  await turn();
  expect(delivered).toEqual(counted(2 * sliceFrames));
  await turn();
  expect(delivered).toEqual(counted(2 * sliceFrames + 3));
  message(7, 1);
  expect(delivered.at(-1)).toBe(7);
});

test('many short messages in one turn are one long one (I1)', async () => {
  const { delivered, message } = world();
  for (let at = 0; at <= sliceFrames; at += 1) message(at, 1);
  expect(delivered).toEqual(counted(sliceFrames));
  await turn();
  expect(delivered).toEqual(counted(sliceFrames + 1));
});

test('what a turn left of its slice is not all that the next one has (I1)', async () => {
  const { delivered, message } = world();
  message(0, sliceFrames - 2);
  await turn();
  message(sliceFrames - 2, sliceFrames);
  expect(delivered).toEqual(counted(2 * sliceFrames - 2));
  message(2 * sliceFrames - 2, 1);
  expect(delivered).toEqual(counted(2 * sliceFrames - 2));
  await turn();
  expect(delivered).toEqual(counted(2 * sliceFrames - 1));
});

test('frames that come one by one cost the event loop no task (I1)', () => {
  const tasks: (() => void)[] = [];
  const { message } = world(undefined, (task) => tasks.push(task));
  message(0, 1);
  // The first turn is timed.
  for (const task of tasks.splice(0)) task();
  for (let at = 1; at < 9; at += 1) message(at, 1);
  expect(tasks).toHaveLength(0);
  message(9, 2);
  expect(tasks).toHaveLength(1);
});

test('deliveries that take their time get a turn only so many (I1)', async () => {
  const { delivered, message } = world(() => clock.advance(turnMs / 2));
  message(0, 4);
  message(4, 1);
  expect(delivered).toEqual([0, 1]);
  await turn();
  expect(delivered).toEqual([0, 1, 2, 3]);
  await turn();
  expect(delivered).toEqual([0, 1, 2, 3, 4]);
});

test('the stream is paused while too much waits, and read on when all is delivered (I2)', async () => {
  const { heard, message } = world();
  const frameBytes = inboxBytesMax / sliceFrames;
  message(0, 2 * sliceFrames, frameBytes);
  expect(heard).toEqual([]);
  message(0, 1, frameBytes);
  expect(heard).toEqual(['pause']);
  await turn();
  expect(heard).toEqual(['pause']);
  await turn();
  expect(heard).toEqual(['pause', 'resume']);
});

test('flush delivers what waits (I3)', () => {
  const { inbox, delivered, message } = world();
  message(0, 3 * sliceFrames);
  inbox.flush();
  expect(delivered).toEqual(counted(3 * sliceFrames));
});

test('an inbox that is closed, be it by a delivery, delivers no more', async () => {
  const { inbox, delivered, message } = world((frame) => {
    if (frame[0] === sliceFrames + 1) inbox.close();
  });
  message(0, 3 * sliceFrames);
  await turn();
  await turn();
  expect(delivered).toEqual(counted(sliceFrames + 2));
});

test('a frame that waits says for how long, one that is delivered at once does not', async () => {
  const waited: number[] = [];
  const { inbox, message } = world(() => waited.push(inbox.waitedMs));
  message(0, sliceFrames + 1);
  clock.advance(70);
  message(0, 1);
  clock.advance(30);
  await turn();
  expect(waited).toEqual([...Array.from({ length: sliceFrames }, () => 0), 100, 30]);
  message(0, 1);
  expect(waited.at(-1)).toBe(0);
});
