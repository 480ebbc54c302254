/**
 * The transport port's promises T1-T5, held by every implementation.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { deferred } from '../../src/base/deferred.ts';
import { HeddleError } from '../../src/errors.ts';
import { frameBytesMax } from '../../src/transport/limits.ts';
import type { Answer } from '../../src/transport/transport.ts';
import { bytes, codeOf, Ear, evidenceOf, implementations, isSame, pattern, text, valueBytesMax, type World } from './transport-world.ts';

const KiB = 1024;

describe.each(implementations)('the $name transport', ({ make }) => {
  let world: World;

  beforeEach(async () => {
    world = make();
    await world.listen();
  });

  afterEach(() => world.close());

  describe('greets', () => {
    test.each(['link', 'session'] as const)('a %s with the bytes of hello and acknowledgement', async (kind) => {
      world.house.answer = ({ hello }) => ({ isAccepted: true, ack: bytes(`${text(hello)} too`) });
      const { ack, isAccepted, link } = await world.dial({ kind, hello: bytes('hello') });
      const { link: far, hello } = await world.house.arrived();
      expect([text(hello), text(ack), isAccepted]).toEqual(['hello', 'hello too', true]);
      expect([link.kind, far.kind]).toEqual([kind, kind]);
      expect(link.remoteAddress).toBe(world.address);
    });

    test('with an acceptor that takes its time', async () => {
      const answer = deferred<Answer>();
      world.house.answer = () => answer.promise;
      const dialled = world.dial();
      const { link } = await world.house.arrived();
      link.send(bytes('sent before the answer'));
      answer.resolve({ isAccepted: true, ack: bytes('at last') });
      const { ack, link: near } = await dialled;
      expect(text(ack)).toBe('at last');
      const ear = new Ear();
      near.open(ear);
      await ear.until(() => ear.frames.length === 1);
      expect(ear.frames.map(text)).toEqual(['sent before the answer']);
    });

    test('and refuses with an acknowledgement that says why', async () => {
      world.house.answer = () => ({ isAccepted: false, ack: bytes('no') });
      const { ack, isAccepted, link } = await world.dial();
      expect([text(ack), isAccepted]).toEqual(['no', false]);
      const nearEar = new Ear();
      link.open(nearEar);
      await nearEar.closed();
      const { ear } = await world.house.arrived();
      await ear.closed();
      expect([nearEar.closes, ear.closes]).toEqual([['remote'], ['local']]);
    });

    test('and survives an acceptor that throws', async () => {
      world.house.answer = () => {
        throw new Error('a bug above');
      };
      expect(await evidenceOf(world.dial())).toBe('reset');
      world.house.answer = () => ({ isAccepted: true, ack: bytes('fine') });
      expect((await world.dial()).isAccepted).toBe(true);
    });
  });

  describe('carries frames', () => {
    test('in the order of sending, each once, both ways at once (T1)', async () => {
      const { near, nearEar, far, farEar } = await world.pair();
      const sizes = Array.from({ length: 5000 }, (_, nth) => 4 + ((nth * 7919) % 997));
      const frame = (nth: number, size: number): Uint8Array => {
        const value = Buffer.alloc(size, nth & 0xff);
        value.writeUInt32BE(nth);
        return value;
      };
      for (const [nth, size] of sizes.entries()) {
        near.send(frame(nth, size));
        far.send(frame(nth, size + 1));
      }
      await nearEar.until(() => nearEar.frames.length === sizes.length);
      await farEar.until(() => farEar.frames.length === sizes.length);
      expect(farEar.frames.every((got, nth) => isSame(got, frame(nth, sizes[nth] ?? 0)))).toBe(true);
      expect(nearEar.frames.every((got, nth) => isSame(got, frame(nth, (sizes[nth] ?? 0) + 1)))).toBe(true);
    });

    test.each([0, 1, 127, 128, 16_383, 16_384, frameBytesMax - 1, frameBytesMax])('of %i bytes', async (length) => {
      const { near, farEar } = await world.pair();
      near.send(pattern(length));
      await farEar.until(() => farEar.frames.length === 1);
      expect(isSame(farEar.frames[0] ?? bytes('none'), pattern(length))).toBe(true);
    });

    test('and asserts that none is over the limit', async () => {
      const { near } = await world.pair();
      expect(() => near.send(new Uint8Array(frameBytesMax + 1))).toThrow(/over the limit/);
    });

    test('and keeps those that came before the link was opened', async () => {
      world.house.answer = ({ link }) => {
        link.send(bytes('1'));
        return { isAccepted: true, ack: bytes('') };
      };
      const { link } = await world.dial();
      const { link: far } = await world.house.arrived();
      far.send(bytes('2'));
      const ear = new Ear();
      link.open(ear);
      expect(ear.frames).toEqual([]);
      far.send(bytes('3'));
      await ear.until(() => ear.frames.length === 3);
      expect(ear.frames.map(text)).toEqual(['1', '2', '3']);
    });

    test('and says when the peer does not keep up, and when it does again', async () => {
      const { near, nearEar, farEar } = await world.pair();
      let sent = 0;
      for (; near.isWritable; sent += 1) near.send(new Uint8Array(64 * KiB));
      expect(sent).toBeGreaterThan(1);
      await nearEar.until(() => nearEar.writables === 1);
      expect(near.isWritable).toBe(true);
      await farEar.until(() => farEar.frames.length === sent);
      expect(nearEar.writables).toBe(1);
    });
  });

  describe('closes', () => {
    test('after what was queued, as local here and remote there, each told once (T3)', async () => {
      const { near, nearEar, farEar } = await world.pair();
      for (let nth = 0; nth < 1000; nth += 1) near.send(pattern(500, nth));
      near.close();
      near.close();
      await farEar.closed();
      await nearEar.closed();
      expect(farEar.frames).toHaveLength(1000);
      expect([nearEar.closes, farEar.closes]).toEqual([['local'], ['remote']]);
    });

    test('from the accepting side as well', async () => {
      const { far, nearEar, farEar } = await world.pair();
      for (let nth = 0; nth < 1000; nth += 1) far.send(pattern(500, nth));
      far.close();
      await nearEar.closed();
      await farEar.closed();
      expect(nearEar.frames).toHaveLength(1000);
      expect([nearEar.closes, farEar.closes]).toEqual([['remote'], ['local']]);
    });

    test('and delivers nothing after it, not even the rest of a batch (T3)', async () => {
      const { far, near, farEar } = await world.pair();
      farEar.onEach = () => far.close();
      for (let nth = 0; nth < 100; nth += 1) near.send(bytes(`${nth}`));
      await farEar.closed();
      expect(farEar.frames.map(text)).toEqual(['0']);
      expect(farEar.closes).toEqual(['local']);
    });

    test('and lets later frames go nowhere (T2)', async () => {
      const { near, nearEar, farEar } = await world.pair();
      near.close();
      await nearEar.closed();
      near.send(bytes('too late'));
      near.dropLarge(1);
      expect(await codeOf(near.sendLarge(1, pattern(10)))).toBe('closed');
      await farEar.closed();
      expect(farEar.frames).toEqual([]);
    });

    test('with its listener, which refuses from then on', async () => {
      const { nearEar, farEar } = await world.pair();
      await world.listener?.close();
      await nearEar.closed();
      expect([nearEar.closes, farEar.closes]).toEqual([['remote'], ['local']]);
      expect(await evidenceOf(world.dial())).toBe('refused');
    });

    test('with the transport that dialled, which dials no more', async () => {
      const { nearEar, farEar } = await world.pair();
      await world.client.close();
      expect(nearEar.closes).toEqual(['local']);
      await farEar.closed();
      expect(farEar.closes).toEqual(['remote']);
      expect(await codeOf(world.dial())).toBe('closed');
    });
  });

  describe('dials', () => {
    test('a closed port as refused (T4)', async () => {
      await world.listener?.close();
      expect(await evidenceOf(world.dial())).toBe('refused');
    });

    test('a name that does not resolve as unresolved (T4)', async () => {
      expect(await evidenceOf(world.dial({ address: 'nowhere.invalid:1' }))).toBe('unresolved');
    });

    test('a peer that never answers as stalled, and cuts it off (T4)', async () => {
      const never = deferred<Answer>();
      world.house.answer = () => never.promise;
      expect(await evidenceOf(world.dial({ timeoutMs: 200 }))).toBe('stalled');
      const { ear } = await world.house.arrived();
      await ear.closed();
      expect(ear.closes).toEqual(['reset']);
    });

    test('no longer than its signal wants', async () => {
      const never = deferred<Answer>();
      world.house.answer = () => never.promise;
      const controller = new AbortController();
      const dialled = codeOf(world.dial({ signal: controller.signal }));
      await world.house.arrived();
      controller.abort(new Error('enough'));
      expect(await dialled).toBe('cancelled');
      expect(await codeOf(world.dial({ signal: controller.signal }))).toBe('cancelled');
    });
  });

  describe('carries large values', () => {
    const edges = [0, 1, 64 * KiB + 1, 256 * KiB - 1, 256 * KiB, 256 * KiB + 1, 5_000_000, valueBytesMax];

    test.each(edges)('of %i bytes, from the side that dialled', async (length) => {
      const { near, farEar } = await world.pair();
      const value = pattern(length, 3);
      await near.sendLarge(7, value);
      await farEar.until(() => farEar.larges.has(7));
      expect(isSame(farEar.larges.get(7) ?? bytes('none'), value)).toBe(true);
    });

    test.each(['link', 'session'] as const)('from the side that accepted a %s, which cannot dial', async (kind) => {
      const { far, nearEar } = await world.pair({ kind });
      const value = pattern(3_000_000);
      await far.sendLarge(1, value);
      await nearEar.until(() => nearEar.larges.has(1));
      expect(isSame(nearEar.larges.get(1) ?? bytes('none'), value)).toBe(true);
    });

    test('and refuses one byte over the limit', async () => {
      const { near, far } = await world.pair();
      expect(await codeOf(near.sendLarge(1, new Uint8Array(valueBytesMax + 1)))).toBe('too_large');
      expect(await codeOf(far.sendLarge(1, new Uint8Array(valueBytesMax + 1)))).toBe('too_large');
    });

    test('many at once, both ways, more than may be begun', async () => {
      const { near, nearEar, far, farEar } = await world.pair();
      const count = 150;
      const length = (transfer: number): number => 1 + ((transfer * 104_729) % 600_000);
      const sent: Promise<void>[] = [];
      for (let transfer = 1; transfer <= count; transfer += 1) {
        sent.push(near.sendLarge(transfer, pattern(length(transfer), transfer)));
        sent.push(far.sendLarge(transfer, pattern(length(transfer), transfer + 1)));
      }
      await Promise.all(sent);
      await nearEar.until(() => nearEar.larges.size === count);
      await farEar.until(() => farEar.larges.size === count);
      for (let transfer = 1; transfer <= count; transfer += 1) {
        const value = farEar.larges.get(transfer);
        expect(value && isSame(value, pattern(length(transfer), transfer))).toBe(true);
      }
    });

    test('while frames go back and forth (T5)', async () => {
      const { near, nearEar, far, farEar } = await world.pair();
      farEar.onEach = (frame) => far.send(frame);
      const sent = near.sendLarge(1, pattern(valueBytesMax));
      for (let nth = 1; nth <= 20; nth += 1) {
        near.send(bytes(`${nth}`));
        await nearEar.until(() => nearEar.frames.length === nth);
      }
      await sent;
      await farEar.until(() => farEar.larges.has(1));
      expect(nearEar.closes).toEqual([]);
    });

    test('and counts what it sent and received, frames and large values', async () => {
      const { near, far, farEar } = await world.pair();
      near.send(pattern(1_000));
      await near.sendLarge(1, pattern(100_000));
      await farEar.until(() => farEar.frames.length === 1 && farEar.larges.has(1));
      const [sent = 0, received = 0] = [near.traffic?.sentBytes, far.traffic?.receivedBytes];
      // What wraps them is small, and is counted by one side only where it is not for the other.
      for (const bytesCounted of [sent, received]) expect([bytesCounted >= 101_000, bytesCounted < 103_000]).toEqual([true, true]);
      expect([(near.traffic?.receivedBytes ?? 0) < 2_000, (far.traffic?.sentBytes ?? 0) < 2_000]).toEqual([true, true]);
    });

    test('until the sender gives one up, and the link lives on', async () => {
      const { near, farEar } = await world.pair();
      const controller = new AbortController();
      const given = codeOf(near.sendLarge(1, pattern(valueBytesMax), controller.signal));
      controller.abort(new Error('not any more'));
      expect(await given).toBe('cancelled');
      expect(await codeOf(near.sendLarge(2, pattern(100_000), controller.signal))).toBe('cancelled');
      await near.sendLarge(3, pattern(1_000_000));
      await farEar.until(() => farEar.larges.has(3));
      expect([...farEar.larges.keys()]).toEqual([3]);
      expect(farEar.closes).toEqual([]);
    });

    test('until the receiver gives one up, begun or not', async () => {
      const { near, far, farEar } = await world.pair();
      far.dropLarge(1);
      far.dropLarge(1);
      await near.sendLarge(1, pattern(1_000_000));
      const dropped = near.sendLarge(2, pattern(valueBytesMax));
      far.dropLarge(2);
      await dropped;
      await near.sendLarge(3, pattern(1_000_000));
      await farEar.until(() => farEar.larges.has(3));
      expect([...farEar.larges.keys()]).toEqual([3]);
    });

    test('to their end when the link is closed meanwhile', async () => {
      const { near, farEar } = await world.pair();
      const sent = near.sendLarge(1, pattern(2_000_000));
      near.send(bytes('its frame'));
      near.close();
      await sent;
      await farEar.closed();
      expect([farEar.frames.length, farEar.larges.get(1)?.length]).toEqual([1, 2_000_000]);
    });

    test('or not at all, when the link is lost: the sender is told', async () => {
      const { near, far, farEar } = await world.pair();
      far.close();
      expect(await codeOf(near.sendLarge(1, pattern(valueBytesMax)))).toBe('closed');
      await farEar.closed();
      expect(farEar.larges.size).toBe(0);
    });
  });

  describe('listens', () => {
    const host = '127.0.0.1';

    test('on a port of its own choice, another each time', async () => {
      const one = await world.listenAlso({ host, port: 'auto' });
      const two = await world.listenAlso({ host, port: 'auto' });
      expect(new Set([world.listener?.port, one.port, two.port]).size).toBe(3);
      expect((await world.dial({ address: `${host}:${two.port}` })).isAccepted).toBe(true);
    });

    test('on the port it is told, again once that is free', async () => {
      const { port } = await world.listenAlso({ host, port: 'auto' });
      const problem = await world.server.listen({ host, port }, world.house).catch((error: unknown) => error);
      expect(HeddleError.is(problem, 'bad_settings')).toBe(true);
      expect(String(problem)).toContain(`port ${port} on ${host} is taken; stop what listens there, or choose another port`);
      await world.listener?.close();
      const again = await world.listenAlso({ host, port: Number(world.address.split(':')[1]) });
      expect((await world.dial({ address: `${host}:${again.port}` })).isAccepted).toBe(true);
    });

    test('on the first free port of a range, and says so when there is none', async () => {
      const { port: from } = await world.listenAlso({ host, port: 'auto' });
      const range = { from, to: from + 20 };
      const found = await world.listenAlso({ host, port: range });
      expect(found.port).toBeGreaterThan(from);
      expect(found.port).toBeLessThanOrEqual(range.to);
      const problem = await world.server.listen({ host, port: { from, to: from } }, world.house).catch(String);
      expect(problem).toContain(`every port of ${from}-${from} on ${host} is taken`);
    });

    test.each([0, -1, 65_536, 1.5, { from: 10, to: 9 }])('on nothing when told %j', async (port) => {
      expect(await codeOf(world.server.listen({ host, port }, world.house))).toBe('bad_settings');
    });
  });
});
