import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { HeddleError } from '../../src/errors.ts';
import { HeddleError as Failure } from '../../src/errors.ts';
import type { Conversation } from '../../src/fabric/link/conversation.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { RunRelay } from '../../src/fabric/run/run-relay.ts';
import type { Runner } from '../../src/fabric/run/runner.ts';
import { toWireError } from '../../src/wire/error.ts';
import { failureOf } from '../within.ts';

/** A link to another server whose answers the test gives. */
class ScriptedPeer {
  readonly identity: { readonly name: string; readonly instance: string };
  closed: string | undefined;
  readonly sent: { readonly kind: string; readonly id: number }[] = [];
  readonly open = new Map<number, Conversation>();
  #nextId = 1;

  constructor(name: string) {
    this.identity = { name, instance: `${name}-instance` };
  }

  reserve(conversation: Conversation): number {
    this.open.set(this.#nextId, conversation);
    return this.#nextId++;
  }

  release(id: number): void {
    this.open.delete(id);
  }

  send(frame: { readonly kind: string; readonly id: number }): void {
    this.sent.push(frame);
  }

  knowsNothing(): void {
    for (const [id, conversation] of [...this.open]) {
      this.open.delete(id);
      const error = toWireError(new Failure('unknown_run', { runId: 'r' }));
      conversation.onReply({ kind: 'reply', id, outcome: { ok: false, error } });
    }
  }

  lose(): void {
    this.closed = 'reset';
    const conversations = [...this.open.values()];
    this.open.clear();
    for (const conversation of conversations) conversation.onLost('reset');
  }
}

function relayTo(...peers: readonly ScriptedPeer[]): RunRelay {
  return relayAt(new VirtualClock(), ...peers);
}

/** Servers without a link: what the test says when it is waited for one. */
class Unlinked {
  readonly names: readonly string[];
  readonly waiting = new Map<string, (reached: ScriptedPeer | HeddleError) => void>();

  constructor(...names: readonly string[]) {
    this.names = names;
  }

  reach(server: string, found: ScriptedPeer | undefined): void {
    const tell = this.waiting.get(server);
    this.waiting.delete(server);
    tell?.(found ?? new Failure('unreachable', { address: server, evidence: 'silent' }));
  }
}

function relayAt(clock: VirtualClock, ...peers: readonly ScriptedPeer[]): RunRelay {
  return relayWith(new Unlinked(), clock, peers);
}

function relayWith(unlinked: Unlinked, clock: VirtualClock, peers: readonly ScriptedPeer[]): RunRelay {
  const runner = { has: () => false } as unknown as Runner; // nothing else of it is asked
  return new RunRelay({
    clock,
    runner,
    // A scripted peer has all that a relay uses.
    peers: (name) =>
      peers.filter((peer) => peer.closed === undefined && (name === undefined || peer.identity.name === name)) as unknown as Peer[],
    unlinked: () => unlinked.names.map((name) => ({ name, instance: `${name}-instance` })),
    reach: ({ name }, done) => {
      unlinked.waiting.set(name, (reached) => done(reached as unknown as Peer));
      return () => unlinked.waiting.delete(name);
    },
  });
}

function follower() {
  const failures: HeddleError[] = [];
  const events: unknown[] = [];
  return {
    failures,
    events,
    onEvent: (event: unknown) => void events.push(event),
    onFailure: (error: HeddleError) => void failures.push(error),
  };
}

const made = (server: string): string => `${server}~0123456789ab~1`;

describe('a run that is looked for', () => {
  test('W1: is asked of the server that its id names first, then of all others', () => {
    const [one, two] = [new ScriptedPeer('one'), new ScriptedPeer('two')];
    const told = follower();
    relayTo(one, two).attach(made('two'), 1, told);
    expect([one.sent.length, two.sent.length]).toEqual([0, 1]);
    two.knowsNothing();
    expect([one.sent.length, two.sent.length]).toEqual([1, 1]);
    one.knowsNothing();
    expect(told.failures).toMatchObject([{ code: 'unknown_run' }]);
  });

  test('goes past a server that is lost before it answers, and past one that was lost meanwhile', () => {
    const [one, two, three] = [new ScriptedPeer('one'), new ScriptedPeer('two'), new ScriptedPeer('three')];
    const told = follower();
    relayTo(one, two, three).attach('chosen', 1, told);
    two.lose();
    one.lose();
    expect(two.sent).toEqual([]);
    expect(three.sent.length).toBe(1);
    three.knowsNothing();
    expect(told.failures).toMatchObject([{ code: 'coordinator_lost', executed: 'maybe' }]);
  });

  test('W2: is coordinator_lost when its server is lost while it is followed', () => {
    const one = new ScriptedPeer('one');
    const told = follower();
    relayTo(one, new ScriptedPeer('two')).attach('chosen', 1, told);
    const event = { seq: 1, atMs: 0, kind: 'run.accepted', runId: 'chosen', coordinator: 'one', steps: [] } as const;
    one.open.get(1)?.onRunEvent?.({ kind: 'runEvent', id: 1, event });
    one.lose();
    expect(told.events).toEqual([event]);
    expect(told.failures).toMatchObject([{ code: 'coordinator_lost' }]);
  });

  test('W1: is asked of the server that its id names when there is a link to it', () => {
    const clock = new VirtualClock();
    const unlinked = new Unlinked('three', 'two');
    const [one, two] = [new ScriptedPeer('one'), new ScriptedPeer('two')];
    const told = follower();
    relayWith(unlinked, clock, [one]).attach(made('two'), 1, told);
    expect([[...unlinked.waiting.keys()], one.sent]).toEqual([['two'], []]);
    unlinked.reach('two', two);
    expect([two.sent.length, one.sent.length, told.failures]).toEqual([1, 0, []]);
    // Three is not the coordinator: nobody waits for it.
    two.knowsNothing();
    one.knowsNothing();
    expect([[...unlinked.waiting.keys()], clock.nextMs()]).toEqual([[], Number.POSITIVE_INFINITY]);
    expect(told.failures).toMatchObject([{ code: 'unknown_run' }]);
  });

  test('W2: with a chosen id is looked for at every server that is there; one that cannot be reached may have known it', () => {
    const unlinked = new Unlinked('two', 'three');
    const [one, three] = [new ScriptedPeer('one'), new ScriptedPeer('three')];
    const told = follower();
    relayWith(unlinked, new VirtualClock(), [one]).attach('chosen', 1, told);
    one.knowsNothing();
    unlinked.reach('two', undefined);
    unlinked.reach('three', three);
    three.knowsNothing();
    expect(told.failures).toMatchObject([{ code: 'coordinator_lost', executed: 'maybe' }]);
  });

  test('waits for no link any more once nobody wants to follow it', () => {
    const unlinked = new Unlinked('two');
    const told = follower();
    relayWith(unlinked, new VirtualClock(), []).attach('chosen', 1, told)();
    expect([unlinked.waiting.size, told.failures]).toEqual([0, []]);
  });

  test('W2: goes past a server that does not answer, and no timer stays', () => {
    const clock = new VirtualClock();
    const [one, two] = [new ScriptedPeer('one'), new ScriptedPeer('two')];
    const told = follower();
    relayAt(clock, one, two).attach('chosen', 1, told);
    clock.advance(1_000);
    expect([one.open.size, two.sent.length]).toEqual([0, 1]);
    two.knowsNothing();
    expect(told.failures).toMatchObject([{ code: 'coordinator_lost' }]);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('is asked for no further once nobody wants to follow it', () => {
    const [one, two] = [new ScriptedPeer('one'), new ScriptedPeer('two')];
    const told = follower();
    relayTo(one, two).attach('chosen', 1, told)();
    expect(one.sent.map((frame) => frame.kind)).toEqual(['attach', 'cancel']);
    expect(one.open.size).toBe(0);
    one.knowsNothing();
    expect(two.sent).toEqual([]);
    expect(told.failures).toEqual([]);
  });
});

describe('a run that is to be cancelled', () => {
  test('is looked for past servers that are lost, and what is not found is coordinator_lost then', async () => {
    const [one, two, three] = [new ScriptedPeer('one'), new ScriptedPeer('two'), new ScriptedPeer('three')];
    const failed = failureOf(relayTo(one, two, three).cancel('chosen', 'enough'));
    two.lose();
    one.lose();
    await Promise.resolve();
    expect(two.sent).toEqual([]);
    await new Promise(setImmediate);
    three.knowsNothing();
    expect(await failed).toMatchObject({ code: 'coordinator_lost' });
  });

  test('is looked for past a server that does not answer', async () => {
    const clock = new VirtualClock();
    const failed = failureOf(relayAt(clock, new ScriptedPeer('one')).cancel('chosen', 'enough'));
    clock.advance(1_000);
    expect(await failed).toMatchObject({ code: 'coordinator_lost' });
  });

  test('is looked for where there is no link yet', async () => {
    const unlinked = new Unlinked('two', 'three');
    const two = new ScriptedPeer('two');
    const failed = failureOf(relayWith(unlinked, new VirtualClock(), []).cancel('chosen', 'enough'));
    unlinked.reach('two', two);
    await new Promise(setImmediate);
    two.knowsNothing();
    await new Promise(setImmediate);
    unlinked.reach('three', undefined);
    expect(await failed).toMatchObject({ code: 'coordinator_lost' });
  });

  test('is unknown_run when nobody knows it', async () => {
    const one = new ScriptedPeer('one');
    const failed = failureOf(relayTo(one).cancel('chosen', 'enough'));
    one.knowsNothing();
    expect(await failed).toMatchObject({ code: 'unknown_run' });
  });
});
