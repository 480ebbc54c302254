import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { HeddleError } from '../../src/errors.ts';
import { SessionKeeper } from '../../src/fabric/client/session-keeper.ts';
import type { Dialled, DialOptions, Evidence, Link, LinkHandlers, Transport } from '../../src/transport/transport.ts';
import { toWireError } from '../../src/wire/error.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { encodeFrame } from '../../src/wire/frame-codec.ts';
import { encodeSessionAck } from '../../src/wire/session-codec.ts';
import { failureOf } from '../within.ts';

class ScriptedLink implements Link {
  readonly kind = 'session';
  readonly isWritable = true;
  readonly remoteAddress: string;
  isClosed = false;
  #handlers: LinkHandlers | undefined;

  constructor(address: string) {
    this.remoteAddress = address;
  }

  open(handlers: LinkHandlers): void {
    this.#handlers = handlers;
  }

  close(): void {
    this.lose('local');
  }

  lose(evidence: Evidence): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#handlers?.onClose(evidence, 'told by the test');
  }

  hear(frame: Frame): void {
    this.#handlers?.onFrame(encodeFrame(frame));
  }

  send(): void {}
  async sendLarge(): Promise<void> {}
  whenWritten(done: () => void): void {
    done();
  }

  dropLarge(): void {}
}

type Answer = (options: DialOptions) => Promise<Dialled>;

/** A transport whose answers the test writes, by address. */
class ScriptedTransport implements Transport {
  readonly dials: string[] = [];
  /** What a server says that is not usual. */
  readonly says = new Map<string, { readonly cluster?: string; readonly protocol?: number }>();
  readonly links: ScriptedLink[] = [];
  readonly answers = new Map<string, Answer>();

  dial(options: DialOptions): Promise<Dialled> {
    this.dials.push(options.address);
    const answer = this.answers.get(options.address);
    return answer ? answer(options) : Promise.reject(new HeddleError('unreachable', { address: options.address, evidence: 'refused' }));
  }

  /** From now on this address takes sessions, and tells of `addresses`. */
  accept(address: string, addresses: readonly string[] = [], refusal?: HeddleError): void {
    this.answers.set(address, async () => this.dialled(address, addresses, refusal));
  }

  dialled(address: string, addresses: readonly string[] = [], refusal?: HeddleError): Dialled {
    const link = new ScriptedLink(address);
    this.links.push(link);
    const wire = refusal && toWireError(refusal);
    const said = { cluster: 'c', protocol: 1, ...this.says.get(address) };
    const ack = encodeSessionAck({ refusal: wire, server: address, instance: address, addresses, ...said });
    return { ack, isAccepted: refusal === undefined, link };
  }

  listen(): never {
    throw new Error('a client does not listen');
  }

  async close(): Promise<void> {}
}

function rig(...addresses: readonly string[]) {
  const clock = new VirtualClock();
  const transport = new ScriptedTransport();
  const hello = { instance: 'c1', name: 'client', protocolMin: 1, protocolMax: 1 };
  const keeper = new SessionKeeper({ transport, clock, random: seededRandom('keeper'), hello, addresses });
  const advance = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      await new Promise(setImmediate);
    }
  };
  return { clock, transport, keeper, advance };
}

describe('the session of a client', () => {
  test('S6: asks a busy server once more, with more patience, when no other takes it', async () => {
    const { transport, keeper } = rig('busy:1', 'gone:1');
    const patience: (number | undefined)[] = [];
    transport.answers.set('busy:1', async ({ address, timeoutMs }) => {
      patience.push(timeoutMs);
      if (timeoutMs === undefined) throw new HeddleError('unreachable', { address, evidence: 'stalled' });
      return transport.dialled(address);
    });
    await keeper.open();
    expect(keeper.peer?.remoteAddress).toBe('busy:1');
    expect(transport.dials).toEqual(['busy:1', 'gone:1', 'busy:1']);
    expect(patience).toEqual([undefined, 4_000]);
  });

  test('S6: takes another that answers, and asks nobody again that refuses', async () => {
    const { transport, keeper } = rig('busy:1', 'there:1');
    const stalled = async ({ address }: DialOptions): Promise<Dialled> => {
      throw new HeddleError('unreachable', { address, evidence: 'stalled' });
    };
    transport.answers.set('busy:1', stalled);
    transport.accept('there:1');
    await keeper.open();
    expect(transport.dials).toEqual(['busy:1', 'there:1']);
    const none = rig('gone:1', 'busy:1');
    none.transport.answers.set('busy:1', stalled);
    expect(await failureOf(none.keeper.open())).toMatchObject({ code: 'unreachable', detail: { evidence: 'stalled' } });
    expect(none.transport.dials).toEqual(['gone:1', 'busy:1', 'busy:1']);
  });

  test('S1: is opened again when it breaks, elsewhere first', async () => {
    const { transport, keeper, advance } = rig('a:1', 'b:1');
    transport.accept('a:1');
    transport.accept('b:1');
    await keeper.open();
    expect(keeper.peer?.remoteAddress).toBe('a:1');
    transport.links[0]?.lose('reset');
    expect(keeper.peer).toBe(undefined);
    await advance(10);
    expect(keeper.peer?.remoteAddress).toBe('b:1');
    expect(keeper.ack?.server).toBe('b:1');
  });

  test('S1: waits between rounds, longer each time, up to a second', async () => {
    const { transport, keeper, advance } = rig('a:1');
    transport.accept('a:1');
    await keeper.open();
    transport.answers.clear();
    await advance(2_000);
    transport.links[0]?.lose('reset');
    await advance(1_000);
    const early = transport.dials.length;
    await advance(10_000);
    expect(early).toBeGreaterThan(3);
    expect(transport.dials.length - early).toBeGreaterThan(9);
    expect(transport.dials.length - early).toBeLessThan(60);
    transport.accept('a:1');
    await advance(1_100);
    expect(keeper.peer?.remoteAddress).toBe('a:1');
  });

  test('S2: tries the configured addresses first, then the learned ones, each once', async () => {
    const { transport, keeper, advance } = rig('a:1', 'b:1');
    transport.accept('a:1', ['c:1', 'b:1', 'a:1', 'd:1']);
    await keeper.open();
    transport.answers.clear();
    transport.dials.length = 0;
    transport.links[0]?.lose('reset');
    await advance(10);
    expect(transport.dials.slice(0, 4)).toEqual(['b:1', 'c:1', 'd:1', 'a:1']);
  });

  test('S2: learns from the server, and keeps what it knows when it is told nothing', async () => {
    const { transport, keeper, advance } = rig('a:1');
    transport.accept('a:1', ['b:1']);
    await keeper.open();
    transport.links[0]?.hear({ kind: 'servers', addresses: [], isMoving: false });
    transport.links[0]?.hear({ kind: 'servers', addresses: ['c:1'], isMoving: false });
    transport.links[0]?.hear({ kind: 'servers', addresses: [], isMoving: false });
    transport.accept('c:1');
    transport.links[0]?.lose('reset');
    await advance(10);
    expect(keeper.peer?.remoteAddress).toBe('c:1');
  });

  test('S2: remembers no more than 64 learned addresses', async () => {
    const { transport, keeper, advance } = rig('a:1');
    transport.accept(
      'a:1',
      Array.from({ length: 1_000 }, (_, at) => `s${at}:1`),
    );
    await keeper.open();
    transport.answers.clear();
    transport.dials.length = 0;
    transport.links[0]?.lose('reset');
    await advance(10);
    expect(new Set(transport.dials).size).toBe(65);
  });

  test('S3: moves from a server that drains; the old session closes with its last conversation', async () => {
    const { transport, keeper, advance } = rig('a:1', 'b:1');
    transport.accept('a:1');
    transport.accept('b:1');
    await keeper.open();
    const old = keeper.peer;
    const id = old?.reserve({ onReply: () => {}, onLost: () => {} }) ?? 0;
    transport.links[0]?.hear({ kind: 'servers', addresses: ['b:1'], isMoving: true });
    await advance(10);
    expect(keeper.peer?.remoteAddress).toBe('b:1');
    expect(transport.links[0]?.isClosed).toBe(false);
    old?.release(id);
    expect(transport.links[0]?.isClosed).toBe(true);
    expect(keeper.peer?.remoteAddress).toBe('b:1');
  });

  test('S4: a server that takes sessions only to end them is not asked without a pause', async () => {
    const { transport, keeper, advance } = rig('a:1');
    transport.answers.set('a:1', async () => {
      const dialled = transport.dialled('a:1');
      setImmediate(() => transport.links.at(-1)?.lose('remote'));
      return dialled;
    });
    await keeper.open();
    await advance(5_000);
    expect(transport.dials.length).toBeLessThan(40);
    expect(transport.dials.length).toBeGreaterThan(5);
  });

  test('tells those who wait, once, in order, and not those who took it back', async () => {
    const { transport, keeper, advance } = rig('a:1');
    transport.accept('a:1');
    await keeper.open();
    const told: string[] = [];
    transport.links[0]?.lose('reset');
    keeper.whenOpen(() => told.push('first'));
    keeper.whenOpen(() => told.push('left'))();
    keeper.whenOpen(() => told.push('second'));
    await advance(10);
    expect(told).toEqual(['first', 'second']);
  });
});

describe('a session that is refused', () => {
  test('fails with what the server said, after all addresses', async () => {
    const { transport, keeper } = rig('a:1', 'b:1');
    transport.accept('a:1', [], new HeddleError('draining', { server: 'a' }));
    transport.accept('b:1', [], new HeddleError('version_mismatch', { ours: '2', theirs: '1' }));
    expect(await failureOf(keeper.open())).toMatchObject({ code: 'version_mismatch' });
    expect(transport.links.every((link) => link.isClosed)).toBe(true);
  });

  test('by an answer that cannot be read fails as protocol_error, and its link is closed', async () => {
    const { transport, keeper } = rig('a:1');
    transport.answers.set('a:1', async () => ({ ...transport.dialled('a:1'), ack: new Uint8Array([255, 255]) }));
    expect(await failureOf(keeper.open())).toMatchObject({ code: 'protocol_error' });
    expect(transport.links[0]?.isClosed).toBe(true);
  });

  test.each([0, 2])('S5: with protocol %i, which was not offered, is left as version_mismatch', async (protocol) => {
    const { transport, keeper } = rig('a:1');
    transport.accept('a:1');
    transport.says.set('a:1', { protocol });
    expect(await failureOf(keeper.open())).toMatchObject({ code: 'version_mismatch', detail: { ours: '1..1', theirs: `${protocol}` } });
    expect([transport.links[0]?.isClosed, keeper.peer]).toEqual([true, undefined]);
  });

  test('S5: by a server of another cluster, at an address used before, the next one is taken', async () => {
    const { transport, keeper, advance } = rig('a:1', 'b:1', 'c:1');
    for (const address of ['a:1', 'b:1', 'c:1']) transport.accept(address);
    await keeper.open();
    transport.says.set('b:1', { cluster: 'other' });
    transport.links[0]?.lose('reset');
    await advance(10);
    expect(keeper.peer?.remoteAddress).toBe('c:1');
    expect(transport.links.map((link) => link.isClosed)).toEqual([true, true, false]);
  });

  test('a server that asks something of its client is cut off', async () => {
    const { transport, keeper } = rig('a:1');
    transport.accept('a:1');
    await keeper.open();
    transport.links[0]?.hear({ kind: 'query', id: 1, about: 'members' });
    expect(transport.links[0]?.isClosed).toBe(true);
  });
});

describe('a keeper that is closed', () => {
  test('while it dials keeps no link, even when the answer is there already', async () => {
    const { transport, keeper } = rig('a:1');
    const answered = deferred<Dialled>();
    transport.answers.set('a:1', () => answered.promise);
    const opened = failureOf(keeper.open());
    answered.resolve(transport.dialled('a:1'));
    keeper.close();
    expect(await opened).toMatchObject({ code: 'closed', executed: 'no' });
    expect(transport.links[0]?.isClosed).toBe(true);
    expect(keeper.peer).toBe(undefined);
  });

  test('closes the sessions it moved from, tells those who wait, and leaves no timer', async () => {
    const { clock, transport, keeper, advance } = rig('a:1');
    transport.accept('a:1');
    await keeper.open();
    keeper.peer?.reserve({ onReply: () => {}, onLost: () => {} });
    const told: unknown[] = [];
    transport.answers.clear();
    transport.links[0]?.hear({ kind: 'servers', addresses: [], isMoving: true });
    await advance(50);
    keeper.whenOpen((peer) => told.push(peer));
    keeper.close();
    keeper.close();
    expect(told).toEqual([undefined]);
    expect(transport.links[0]?.isClosed).toBe(true);
    await advance(20);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
