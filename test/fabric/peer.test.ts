/** Two peers over a memory network on virtual time: P1 to P4 of src/fabric/link/peer.ts, L1 and L2 of large values. */

import { describe, expect, it, vi } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { RequestFrame } from '../../src/fabric/link/conversation.ts';
import { LargeValues } from '../../src/fabric/link/large-values.ts';
import { Peer, type PeerHandlers } from '../../src/fabric/link/peer.ts';
import { callsInFlightMax } from '../../src/fabric/link/room-queue.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Evidence, Link, LinkHandlers } from '../../src/transport/transport.ts';
import type { Frame, ReplyFrame } from '../../src/wire/frame.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frame-codec.ts';
import { decodeValue, encodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';

const nothing = new Uint8Array(0);

const frameOf = (id: number, ...args: readonly unknown[]) => callFrame('f', args, { id, callNumber: id, timeoutMs: 1_000 });

async function pair(serverHandlers: Partial<PeerHandlers> = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, delayMs: 1 });
  const requests: RequestFrame[] = [];
  const closed: Evidence[] = [];
  let arrived: Link | undefined;
  await network.transport('server').listen(
    { host: 'server', port: 1 },
    {
      accept: ({ link }) => {
        arrived = link;
        return { isAccepted: true, ack: nothing };
      },
      ask: () => Promise.reject(new Error('no foreign calls here')),
      follow: () => {
        throw new Error('no foreign calls here');
      },
    },
  );
  const dialling = network.transport('client').dial({ address: 'server:1', kind: 'session', hello: nothing });
  clock.advance(10);
  const { link } = await dialling;
  if (!arrived) throw new Error('no link arrived');
  const server = new Peer(
    arrived,
    { name: 'client', instance: 'c' },
    {
      onRequest: (frame) => requests.push(frame),
      onClosed: (evidence) => closed.push(evidence),
      ...serverHandlers,
    },
  );
  const client = new Peer(link, { name: 'server', instance: 's' }, { onRequest: () => {}, onClosed: () => {} });
  clock.advance(10);
  return { clock, client, server, requests, closed, network };
}

/** A conversation that keeps what it is told. */
function conversation() {
  const told = { replies: [] as ReplyFrame[], progress: [] as unknown[], lost: [] as Evidence[] };
  return {
    ...told,
    onReply: (frame: ReplyFrame) => told.replies.push(frame),
    onProgress: (frame: { value: Parameters<typeof decodeValue>[0] }) => told.progress.push(decodeValue(frame.value)),
    onLost: (evidence: Evidence) => told.lost.push(evidence),
  };
}

describe('a conversation', () => {
  it('gets progress while it is open, and one reply (P1)', async () => {
    const { clock, client, server } = await pair();
    const talk = conversation();
    const id = client.reserve(talk);
    client.send(frameOf(id, 1));
    clock.advance(5);
    server.serve(id, { cancel: () => {} });
    server.send({ kind: 'progress', id, value: encodeValue('half') });
    server.answer({ kind: 'reply', id, outcome: { ok: true, value: encodeValue('done') } });
    server.answer({ kind: 'reply', id, outcome: { ok: true, value: encodeValue('twice') } });
    server.send({ kind: 'progress', id, value: encodeValue('late') });
    clock.advance(5);
    expect(talk.progress).toEqual(['half']);
    expect(talk.replies.map((reply) => reply.outcome.ok && decodeValue(reply.outcome.value))).toEqual(['done']);
    expect(client.inFlight).toBe(0);
  });

  it('is told when the link is lost, once (P1)', async () => {
    const { clock, client, network } = await pair();
    const talk = conversation();
    client.send(frameOf(client.reserve(talk), 1));
    clock.advance(5);
    network.kill('server');
    clock.advance(1_000);
    client.close();
    expect(talk.lost).toEqual(['reset']);
  });

  it('hears items, credit and ends of its own only, whichever side opened it', async () => {
    const { clock, client, server } = await pair();
    const heard: unknown[] = [];
    const hear = (who: string) => (frame: Frame) => heard.push([who, frame.kind]);
    // Both sides open their first conversation: the same number, two conversations.
    const ofClient = client.reserve({ ...conversation(), onStream: hear('client opened') });
    const ofServer = server.reserve({ ...conversation(), onStream: hear('server opened') });
    expect(ofClient).toBe(ofServer);
    server.serve(ofClient, { cancel: () => {}, onStream: hear('server serves') });
    client.serve(ofServer, { cancel: () => {}, onStream: hear('client serves') });
    const value = encodeValue('item');
    client.send({ kind: 'item', id: ofClient, value, isFromOpener: true });
    client.send({ kind: 'end', id: ofClient });
    clock.advance(5);
    server.send({ kind: 'item', id: ofClient, value, isFromOpener: false });
    server.send({ kind: 'credit', id: ofClient, bytes: 1, isFromOpener: false });
    clock.advance(5);
    server.send({ kind: 'credit', id: ofServer, bytes: 1, isFromOpener: true });
    clock.advance(5);
    expect(heard).toEqual([
      ['server serves', 'item'],
      ['server serves', 'end'],
      ['client opened', 'item'],
      ['client opened', 'credit'],
      ['client serves', 'credit'],
    ]);
  });

  it('about a call goes on after done and running, and is over with never and forgotten', async () => {
    const { clock, client, server } = await pair();
    const states = ['done', 'running', 'never', 'forgotten'] as const;
    const told: string[] = [];
    for (const state of states) {
      const id = client.reserve({ ...conversation(), onStanding: (frame) => told.push(frame.state) });
      server.send({ kind: 'standing', id, state });
    }
    clock.advance(5);
    expect(told).toEqual(states);
    expect(client.inFlight).toBe(2);
  });

  it('whose opener died is given up where it is served', async () => {
    const { clock, client, server, network } = await pair();
    const id = client.reserve(conversation());
    client.send(frameOf(id, 1));
    clock.advance(5);
    const cancels: string[] = [];
    server.serve(id, { cancel: (reason) => cancels.push(reason) });
    network.kill('client');
    clock.advance(1_000);
    expect(cancels).toHaveLength(1);
  });
});

describe('room', () => {
  it('ends at the limit; those who wait get it in order (P2)', async () => {
    const { client } = await pair();
    const ids = Array.from({ length: callsInFlightMax }, () => client.reserve(conversation()));
    expect(client.isFull).toBe(true);
    const admitted: string[] = [];
    for (const name of ['first', 'second']) {
      const onRoom = (): void => {
        admitted.push(name);
        client.reserve(conversation());
      };
      expect(client.whenRoom({ onRoom, onLost: () => {} })).toBe(true);
    }
    for (const id of ids.slice(0, 1)) client.release(id);
    expect(admitted).toEqual(['first']);
    for (const id of ids.slice(1, 2)) client.release(id);
    expect(admitted).toEqual(['first', 'second']);
  });

  it('is not for who comes while others wait for it (P2)', async () => {
    const { client } = await pair();
    const [id = 0] = Array.from({ length: callsInFlightMax }, () => client.reserve(conversation()));
    const full: boolean[] = [];
    const onRoom = (): void => void full.push(client.isFull);
    for (const _waiter of [1, 2]) client.whenRoom({ onRoom, onLost: () => {} });
    client.release(id);
    expect(full).toEqual([true, false]);
  });

  it('is told to be gone when the link is lost (P2)', async () => {
    const { clock, client } = await pair();
    for (let count = 0; count < callsInFlightMax; count += 1) client.reserve(conversation());
    const lost: Evidence[] = [];
    client.whenRoom({ onRoom: () => {}, onLost: (evidence) => lost.push(evidence) });
    client.close();
    clock.advance(10);
    expect(lost).toEqual(['local']);
  });
});

describe('large values', () => {
  const large = 'x'.repeat(200_000);

  it('travel beside their frame, which is delivered when they are all there (P3, L1)', async () => {
    const { clock, client, requests } = await pair();
    client.send(frameOf(client.reserve(conversation()), large, large));
    clock.advance(100);
    const [request] = requests;
    expect(request?.kind === 'call' && decodeValue(request.args.template)).toEqual([large, large]);
  });

  it('of a reply outlast the cancel of a request of the same number from the other side', () => {
    let handlers: LinkHandlers | undefined;
    const link: Link = {
      kind: 'link',
      remoteAddress: 'there',
      isWritable: true,
      open: (given) => {
        handlers = given;
      },
      send: () => {},
      sendLarge: () => Promise.resolve(),
      whenWritten: (done: () => void) => done(),
      dropLarge: () => {},
      close: () => {},
    };
    const peer = new Peer(link, { name: 'there', instance: 't' }, { onRequest: () => {}, onClosed: () => {} });
    const asked = conversation();
    const id = peer.reserve(asked);
    const values: Uint8Array[] = [];
    handlers?.onFrame(
      encodeFrame({ kind: 'reply', id, outcome: { ok: true, value: encodeValue(large) } }, { put: (bytes) => values.push(bytes) }),
    );
    handlers?.onFrame(encodeFrame({ kind: 'cancel', id, reason: 'enough', hasLeft: false }));
    for (const [at, value] of values.entries()) handlers?.onLarge(at + 1, value);
    expect(asked.replies).toHaveLength(1);
  });

  it('of a frame that is given up are dropped, and the frame is never delivered (L2)', () => {
    const dropped: number[] = [];
    const link = { sendLarge: () => Promise.resolve(), dropLarge: (transfer: number) => dropped.push(transfer) };
    const values = new LargeValues(link);
    const delivered: number[] = [];
    values.incoming().expect(7, 200_000, () => {});
    expect(values.isWaiting).toBe(true);
    values.deliverWhenWhole(1, () => delivered.push(1));
    expect(values.drop(1)).toBe(true);
    expect(values.drop(1)).toBe(false);
    values.arrived(7, nothing);
    expect({ dropped, delivered }).toEqual({ dropped: [7], delivered: [] });
  });

  it('leave at most 1,024 at a time, all of them in the end (L4)', async () => {
    let open = 0;
    let most = 0;
    let sent = 0;
    const sendLarge = async () => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
      sent += 1;
    };
    const values = new LargeValues({ sendLarge, dropLarge: () => {} });
    for (let frame = 0; frame < 5; frame += 1) {
      const outgoing = values.outgoing();
      for (let value = 0; value < 1_000; value += 1) outgoing.put(nothing);
      values.flush();
    }
    await vi.waitFor(() => expect(sent).toBe(5_000));
    expect(most).toBe(1_024);
  });

  it('that come before their frame wait for it (L1)', () => {
    const values = new LargeValues({ sendLarge: () => Promise.resolve(), dropLarge: () => {} });
    values.arrived(7, Uint8Array.of(1));
    const filled: Uint8Array[] = [];
    values.incoming().expect(7, 1, (value) => filled.push(value));
    expect(values.isWaiting).toBe(false);
    expect(filled).toEqual([Uint8Array.of(1)]);
  });
});

describe('large values without end', () => {
  const limited = () => new LargeValues({ sendLarge: () => Promise.resolve(), dropLarge: () => {} });

  it('are no more than 1,024 in one frame (L4)', () => {
    const outgoing = limited().outgoing();
    for (let value = 0; value < 1_024; value += 1) outgoing.put(nothing);
    expect(() => outgoing.put(nothing)).toThrow(expect.objectContaining({ code: 'too_large' }));
  });

  it('are no more than 1,024 ahead of their frames, and 65,536 behind them (L3)', () => {
    const early = limited();
    for (let transfer = 1; transfer <= 1_024; transfer += 1) early.arrived(transfer, nothing);
    expect(() => early.arrived(1_025, nothing)).toThrow(expect.objectContaining({ code: 'protocol_error' }));
    const incoming = limited().incoming();
    for (let transfer = 1; transfer <= 65_536; transfer += 1) incoming.expect(transfer, 1, () => {});
    expect(() => incoming.expect(65_537, 1, () => {})).toThrow(expect.objectContaining({ code: 'protocol_error' }));
  });
});

describe('a peer that breaks the rules', () => {
  it('that numbers a request 0, as one without a number, is cut off (P4)', async () => {
    const { clock, client, closed, requests } = await pair();
    client.send(frameOf(0, 1));
    clock.advance(100);
    expect({ closed, requests }).toEqual({ closed: ['local'], requests: [] });
  });

  it('that opens the same conversation twice is cut off (P4)', async () => {
    const { clock, client, closed, server } = await pair({ onRequest: (frame, peer) => peer.serve(frame.id, { cancel: () => {} }) });
    const id = client.reserve(conversation());
    client.send(frameOf(id, 1));
    client.send(frameOf(id, 2));
    clock.advance(100);
    expect(closed).toEqual(['local']);
    expect(server.closed).toBe('local');
  });
});

describe('a retired peer', () => {
  it('closes when its last conversation has settled', async () => {
    const { clock, client, server } = await pair();
    const id = client.reserve(conversation());
    client.send(frameOf(id, 1));
    clock.advance(5);
    server.serve(id, { cancel: () => {} });
    client.retire();
    clock.advance(100);
    expect(client.closed).toBeUndefined();
    server.answer({ kind: 'reply', id, outcome: { ok: true, value: encodeValue(1) } });
    clock.advance(100);
    expect(client.closed).toBe('local');
  });

  it('closes when the last that it serves is answered', async () => {
    const { clock, client, server } = await pair();
    const id = client.reserve(conversation());
    client.send(frameOf(id, 1));
    clock.advance(5);
    server.serve(id, { cancel: () => {} });
    server.retire();
    clock.advance(100);
    expect(server.closed).toBeUndefined();
    server.reply(id, { outcome: { ok: true, value: encodeValue(1) } });
    clock.advance(100);
    expect(server.closed).toBe('local');
  });

  it('closes when nobody waits for it to take more, and no item does (P2, F1 of departures.ts)', () => {
    const waiting = unwritable();
    const waiter = { onRoom: () => {}, onLost: () => {} };
    waiting.peer.whenRoom(waiter);
    waiting.peer.retire();
    expect(waiting.state.isClosed).toBe(false);
    waiting.peer.leaveQueue(waiter);
    expect(waiting.state.isClosed).toBe(true);

    const items = unwritable();
    items.peer.send(item);
    items.peer.retire();
    expect([items.sent(), items.state.isClosed]).toEqual([[], false]);
    items.write();
    expect([items.sent(), items.state.isClosed]).toEqual([['item'], true]);
  });
});

const item: Frame = { kind: 'item', id: 1, value: encodeValue(1), isFromOpener: false };

/** A peer over a link that takes nothing but what must go, until `write`. */
function unwritable() {
  const state = { isWritable: false, isClosed: false };
  const frames: Frame[] = [];
  let handlers: LinkHandlers | undefined;
  const link = {
    kind: 'session',
    get isWritable() {
      return state.isWritable;
    },
    open: (given: LinkHandlers) => {
      handlers = given;
    },
    send: (bytes: Uint8Array) => frames.push(decodeFrame(bytes)),
    sendLarge: () => Promise.resolve(),
    close: () => {
      state.isClosed = true;
    },
  } as unknown as Link; // what of it is asked here
  const peer = new Peer(link, { name: 'there', instance: 't' }, { onRequest: () => {}, onClosed: () => {} });
  const write = (): void => {
    state.isWritable = true;
    handlers?.onWritable();
  };
  return { peer, state, write, sent: () => frames.map(({ kind }) => kind) };
}

describe('a link that takes no more', () => {
  it('holds back items and the end of their stream, and nothing else (F1 of departures.ts)', () => {
    const { peer, write, sent } = unwritable();
    peer.serve(1, { cancel: () => {} });
    peer.send(item);
    peer.reply(1, { outcome: { ok: true, value: encodeValue(2) } });
    peer.send(frameOf(2, 1));
    expect(sent()).toEqual(['call']);
    write();
    expect(sent()).toEqual(['call', 'item', 'reply']);
  });
});

describe('a reply that went out', () => {
  it('is the only one to its request (P1)', () => {
    const { peer, sent } = unwritable();
    peer.serve(1, { cancel: () => {} });
    for (const value of [1, 2]) peer.reply(1, { outcome: { ok: true, value: encodeValue(value) } });
    expect(sent()).toEqual(['reply']);
  });

  it('counts from then on: what it said is held until so many have come (R1 of reply-ledger.ts)', () => {
    const { peer } = unwritable();
    peer.serve(1, { cancel: () => {} });
    peer.reply(1, { outcome: { ok: true, value: encodeValue(1) } });
    const outcome = { outcome: { ok: true, value: encodeValue(1) } } as const;
    peer.ledger.hold({ id: { caller: 'c', callNumber: 1 }, round: 0, outcome, bytes: 1, untilMs: 1, isShared: false }, () => {});
    const told: number[] = [];
    for (const received of [0, 1]) peer.ledger.acknowledge(received, () => told.push(received));
    expect(told).toEqual([1]);
  });
});
