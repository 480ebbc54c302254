/**
 * Sender and receiver of large values joined by a channel in memory: every order of events keeps their promises.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Chunk, decodeChunk, encodeChunk } from '../../src/transport/chunk-codec.ts';
import { LargeReceiver } from '../../src/transport/large-receiver.ts';
import { LargeSender } from '../../src/transport/large-sender.ts';
import { LargeValues } from '../../src/transport/large-values.ts';
import { arrivingMax, chunkBytesMax, transfersMax } from '../../src/transport/limits.ts';
import { isSame, pattern } from '../contract/transport-world.ts';

const KiB = 1024;

/** One direction: what the sender wrote waits in `forth`, what the receiver wrote in `back`, until moved. */
function channel(valueBytesMax = 64 * 1024 * KiB) {
  const forth: { readonly chunk: Chunk; readonly done: () => void }[] = [];
  const back: Chunk[] = [];
  const got = new Map<number, Uint8Array>();
  const problems: string[] = [];
  const copy = (chunk: Partial<Chunk>): Chunk => {
    const decoded = decodeChunk(encodeChunk(chunk));
    if (!decoded) throw new Error('a chunk does not survive its encoding');
    return decoded;
  };
  const sender = new LargeSender({
    write: (chunk, done) => forth.push({ chunk: copy(chunk), done }),
    onProgress: () => {},
  });
  const held = { bytes: 0 };
  const receiver = new LargeReceiver({
    valueBytesMax,
    write: (chunk) => back.push(copy(chunk)),
    onPartial: (bytes) => {
      held.bytes = bytes;
    },
    onLarge: (transfer, value) => {
      expect(got.has(transfer)).toBe(false);
      got.set(transfer, value);
    },
  });
  const moveForth = (): boolean => {
    const next = forth.shift();
    if (!next) return false;
    if (next.chunk.isDropped) receiver.onDropped(next.chunk.transfer);
    else {
      const problem = receiver.onData(next.chunk);
      if (problem !== undefined) problems.push(problem);
    }
    next.done();
    return true;
  };
  const moveBack = (): boolean => {
    const next = back.shift();
    if (!next) return false;
    if (next.isReceived) expect(sender.onReceived(next.transfer)).toBe(true);
    else if (next.isUnwanted) sender.onUnwanted(next.transfer);
    else expect(sender.onCredit(next.transfer, next.credit)).toBe(true);
    return true;
  };
  const settle = (): void => {
    for (let isMoving = true; isMoving; ) {
      const isForth = moveForth();
      isMoving = moveBack() || isForth;
    }
  };
  return { sender, receiver, held, got, problems, forth, back, moveForth, moveBack, settle };
}

type Step = 'forth' | 'back' | { readonly drop: number } | { readonly abort: number };

test('whatever is dropped, aborted or delayed, each value arrives once and whole, or its sender is told', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 3 * chunkBytesMax }), { minLength: 1, maxLength: 8 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step>('forth') },
    { weight: 5, arbitrary: fc.constant<Step>('back') },
    { weight: 1, arbitrary: fc.nat(7).map((drop) => ({ drop })) },
    { weight: 1, arbitrary: fc.nat(7).map((abort) => ({ abort })) },
  );
  const history = fc.record({ sizes, steps: fc.array(step, { maxLength: 40 }) });
  await fc.assert(
    fc.asyncProperty(history, async ({ sizes, steps }) => {
      const { sender, receiver, held, got, problems, moveForth, moveBack, settle, forth, back } = channel();
      const controllers = sizes.map(() => new AbortController());
      const outcomes = sizes.map((size, nth) =>
        sender.send(nth, pattern(size, nth), controllers[nth]?.signal).then(
          () => 'sent',
          () => 'aborted',
        ),
      );
      const dropped = new Set<number>();
      sender.attach();
      for (const step of steps) {
        if (step === 'forth') moveForth();
        else if (step === 'back') moveBack();
        else if ('drop' in step) {
          if (!got.has(step.drop)) dropped.add(step.drop);
          receiver.drop(step.drop);
        } else controllers[step.abort]?.abort(new Error('enough'));
      }
      settle();
      expect([problems, sender.size, sender.bytes, held.bytes, forth.length, back.length]).toEqual([[], 0, 0, 0, 0, 0]);
      for (const [nth, size] of sizes.entries()) {
        const value = got.get(nth);
        const outcome = await outcomes[nth];
        if (value) expect(isSame(value, pattern(size, nth))).toBe(true);
        expect(dropped.has(nth) && value !== undefined).toBe(false);
        expect(value === undefined && outcome === 'sent' && !dropped.has(nth)).toBe(false);
      }
    }),
    { numRuns: 200 },
  );
});

test('a small value does not wait for a big one (S1)', () => {
  const { sender, got, moveForth, moveBack, settle } = channel();
  sender.attach();
  void sender.send(1, pattern(20 * chunkBytesMax));
  for (let turns = 0; turns < 6; turns += 1) {
    moveForth();
    moveBack();
  }
  void sender.send(2, pattern(100 * KiB));
  for (let turns = 0; turns < 4; turns += 1) moveForth();
  expect([...got.keys()]).toEqual([2]);
  settle();
  expect([...got.keys()]).toEqual([2, 1]);
});

test('no more values are begun than the receiver takes (S2, R2)', () => {
  const { sender, problems, got, settle, forth } = channel();
  for (let transfer = 1; transfer <= arrivingMax + 10; transfer += 1) void sender.send(transfer, pattern(300 * KiB, transfer));
  sender.attach();
  let begun = 0;
  while (forth.length > 0) {
    for (const { chunk, done } of forth.splice(0)) {
      if (chunk.bytesTotal > 0) begun += 1;
      done();
    }
  }
  expect(begun).toBe(arrivingMax);
  expect(problems).toEqual([]);
  settle();
  expect(got.size).toBe(0);
});

test('as many more are begun as have ended (S2)', () => {
  const { sender, got, settle } = channel();
  for (let transfer = 1; transfer <= arrivingMax + 10; transfer += 1) void sender.send(transfer, new Uint8Array(1));
  sender.attach();
  settle();
  expect(got.size).toBe(arrivingMax + 10);
});

test('a sender that begins more than may be begun, or sends more than it said or was allowed, has broken the protocol (R2, R3)', () => {
  const { receiver, problems } = channel();
  const chunkOf = (transfer: number, bytesTotal: number, bytes: number): void => {
    const chunk = decodeChunk(encodeChunk({ transfer, bytesTotal, data: new Uint8Array(bytes) }));
    const problem = chunk && receiver.onData(chunk);
    if (problem !== undefined) problems.push(problem);
  };
  // The first two take all the room: a third may send its free chunk, and no more.
  for (let transfer = 1; transfer <= 3; transfer += 1) chunkOf(transfer, 64 * 1024 * KiB, chunkBytesMax);
  expect(problems).toEqual([]);
  chunkOf(3, 0, 1);
  chunkOf(4, 1_000, 999);
  chunkOf(4, 0, 2);
  const beyond = 'a transfer exceeds its size or its credit';
  expect(problems.splice(0)).toEqual([beyond, beyond]);
  for (let transfer = 5; transfer <= arrivingMax; transfer += 1) chunkOf(transfer, 1_000, 1);
  expect(problems).toEqual([]);
  chunkOf(arrivingMax + 1, 1_000, 1);
  expect(problems).toEqual([`more than ${arrivingMax} values are begun at once`]);
});

test('values beyond the room wait for credit until there is some (R2)', () => {
  const { sender, got, forth, moveForth, moveBack, settle } = channel();
  const big = new Uint8Array(64 * 1024 * KiB);
  for (let transfer = 1; transfer <= 3; transfer += 1) void sender.send(transfer, big);
  sender.attach();
  for (let turns = 0; turns < 20; turns += 1) {
    moveForth();
    moveBack();
  }
  const thirds = forth.filter(({ chunk }) => chunk.transfer === 3);
  expect(thirds).toEqual([]);
  settle();
  expect([...got.keys()]).toEqual([1, 2, 3]);
});

test('a value at the limit is taken, one byte beyond is a problem (R3)', () => {
  const { receiver, problems } = channel(1000);
  const begin = (transfer: number, bytesTotal: number): void => {
    const chunk = decodeChunk(encodeChunk({ transfer, bytesTotal, data: new Uint8Array(1) }));
    const problem = chunk && receiver.onData(chunk);
    if (problem !== undefined) problems.push(problem);
  };
  begin(1, 1000);
  expect(problems).toEqual([]);
  begin(2, 1001);
  expect(problems).toEqual(['a value of 1001 bytes is over the limit of 1000']);
});

test('credit that cannot be is refused', async () => {
  const { sender, forth } = channel();
  const sent = sender.send(1, pattern(chunkBytesMax * 2));
  expect(sender.onCredit(1, 1)).toBe(false);
  sender.attach();
  expect(forth).toHaveLength(1);
  expect(sender.onReceived(1)).toBe(false);
  expect(sender.onCredit(1, chunkBytesMax + 1)).toBe(false);
  expect(sender.onCredit(1, chunkBytesMax)).toBe(true);
  sender.close();
  await expect(sent).rejects.toMatchObject({ code: 'closed' });
});

test(`${transfersMax} values may wait for the peer, then it is full until one has gone`, () => {
  const { sender, got, moveForth, moveBack } = channel();
  for (let transfer = 1; transfer < transfersMax; transfer += 1) void sender.send(transfer, new Uint8Array(1));
  expect(sender.isFull).toBe(false);
  void sender.send(transfersMax, new Uint8Array(1));
  expect(sender.isFull).toBe(true);
  sender.attach();
  while (got.size === 0) moveForth();
  while (sender.size === transfersMax) moveBack();
  expect(sender.isFull).toBe(false);
});

test(`${transfersMax} values that were given up before they began are remembered; of one more the oldest is forgotten`, () => {
  const { sender, receiver, got, moveForth } = channel();
  for (let transfer = 1; transfer <= transfersMax; transfer += 1) receiver.drop(transfer);
  sender.attach();
  const arrive = (transfer: number): void => {
    void sender.send(transfer, new Uint8Array(1)).catch(() => {});
    while (moveForth());
  };
  arrive(1);
  expect([...got.keys()]).toEqual([]);
  // The place of number 1 is free again; the next but one pushes number 2 out.
  receiver.drop(transfersMax + 1);
  receiver.drop(transfersMax + 2);
  arrive(2);
  arrive(3);
  expect([...got.keys()]).toEqual([2]);
});

test('the bytes of full chunks go out as they are, at most two at a time, and are copied nowhere (B1)', async () => {
  const written: { readonly message: Buffer; readonly done: () => void; readonly rest: Uint8Array | undefined }[] = [];
  const values = new LargeValues({
    valueBytesMax: undefined,
    onNeeded: () => {},
    onLarge: () => {},
    onProgress: () => {},
    onProblem: () => {},
    onLost: () => {},
  });
  const nothing = () => {};
  const write = (message: Buffer, done: () => void, rest?: Uint8Array) => written.push({ message, done, rest });
  values.attach({ take: nothing, write, pause: nothing, resume: nothing, end: nothing, destroy: nothing });
  const value = pattern(8 * chunkBytesMax, 1);
  const sent = values.send(1, value);
  for (let at = 0; at < 8; at += 1) {
    const { message = Buffer.alloc(0), rest = Buffer.alloc(0) } = written[at] ?? {};
    const chunk = decodeChunk(Buffer.concat([message, rest]));
    expect([chunk?.transfer, chunk?.bytesTotal]).toEqual([1, at === 0 ? value.length : 0]);
    expect([rest.buffer === value.buffer, rest.byteOffset - value.byteOffset, rest.length]).toEqual([
      true,
      at * chunkBytesMax,
      chunkBytesMax,
    ]);
    expect(isSame(chunk?.data ?? Buffer.alloc(0), value.subarray(at * chunkBytesMax, (at + 1) * chunkBytesMax))).toBe(true);
    if (at === 0) values.onMessage(encodeChunk({ transfer: 1, credit: value.length - chunkBytesMax }));
    else written[at - 1]?.done();
    expect(written.length).toBe(Math.min(8, at + 2));
  }
  values.onMessage(encodeChunk({ transfer: 1, isReceived: true }));
  await sent;
});
