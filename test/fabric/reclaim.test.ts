/** When a `once` call that was lost with its session may go again: M1 to M4 of src/fabric/serve/reclaim.ts, W1 of witnesses.ts. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { MemberView } from '../../src/core/gossip/view.ts';
import { HeddleError } from '../../src/errors.ts';
import { againMsMax } from '../../src/fabric/call/lost-session.ts';
import type { CallPeer } from '../../src/fabric/call/routing-port.ts';
import { SleepWatch } from '../../src/fabric/call/sleep-watch.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import type { Conversation } from '../../src/fabric/link/conversation.ts';
import type { Settlement } from '../../src/fabric/link/invocation.ts';
import { failure } from '../../src/fabric/link/responses.ts';
import type { CallAnswer } from '../../src/fabric/serve/call-answer.ts';
import { Contact } from '../../src/fabric/serve/contact.ts';
import { Reclaim, type Witnesses } from '../../src/fabric/serve/reclaim.ts';
import { KnownWitnesses } from '../../src/fabric/serve/witnesses.ts';
import { fromWireError } from '../../src/wire/error.ts';
import type { Frame, StandingFrame } from '../../src/wire/frame.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { announcer, body, catalogOf, record } from '../core/catalog/fixtures.ts';
import { invocationFor } from '../invocations.ts';
import { memberView } from './member-view.ts';

/** One server that is asked. */
class Asked {
  readonly sent: Frame[] = [];
  readonly open: Conversation[] = [];
  readonly peer = {
    reserve: (conversation: Conversation) => this.open.push(conversation),
    release: () => {},
    send: (frame: Frame) => this.sent.push(frame),
  } as unknown as CallPeer; // what of it is asked here

  stand(state: StandingFrame['state']): void {
    this.open.at(-1)?.onStanding?.({ kind: 'standing', id: 1, state });
  }
  reply(outcome: Settlement['outcome']): void {
    this.open.at(-1)?.onReply({ kind: 'reply', id: 1, outcome });
  }
}

interface Scene {
  readonly via?: readonly string[];
  readonly runners?: readonly string[];
  /** Entries and owners that cannot be reached. */
  readonly gone?: readonly string[];
  readonly owners?: readonly string[];
  readonly witnesses?: Partial<Witnesses>;
}

const caller = 'asker';

function reclaimed({ via = ['first'], runners, gone = [], owners = [], witnesses = {} }: Scene = {}) {
  const clock = new VirtualClock();
  const servers = new Map<string, Asked>();
  const at = (instance: string): Asked => {
    const known = servers.get(instance) ?? new Asked();
    servers.set(instance, known);
    return known;
  };
  const routed: [round: number, isAgain: boolean, lost: number][] = [];
  const ends: string[] = [];
  const answer = {
    settled: ({ outcome }: Settlement) => {
      const error = outcome.ok ? undefined : fromWireError(outcome.error);
      ends.push(error ? `${error.code} ${error.executed}` : 'ok');
    },
    progress: () => {},
  } as unknown as CallAnswer; // the same
  new Reclaim(
    {
      clock,
      sleep: new SleepWatch(clock),
      self: { name: 'me', instance: 'me' },
      links: {
        find: (instance) => (gone.includes(instance) ? undefined : at(instance).peer),
        whenLinked: ({ instance }, done) => {
          done(new HeddleError('unreachable', { address: instance, evidence: 'refused' }));
          return () => {};
        },
      },
      witnesses: {
        offering: () => owners.map((instance) => ({ name: instance, instance })),
        isBystander: () => true,
        hasDeparted: () => false,
        keepEnds: () => true,
        ...witnesses,
      },
      start: ({ round, isAgain, lost }) => {
        routed.push([round, isAgain, lost]);
        return { cancel: () => {}, stream: () => {} };
      },
    },
    invocationFor({ caller, round: 1_024, via, runners, timeoutMs: 30_000, isAgain: true, lost: 1 }),
    answer,
  ).start();
  return { clock, at, routed, ends, asked: () => [...servers.keys()] };
}

describe('a call that comes through another entry', () => {
  it('is routed once its former entries have fenced all rounds before its own (M1)', () => {
    const { at, routed, ends } = reclaimed({ via: ['first', 'second'] });
    expect(at('first').sent).toMatchObject([{ kind: 'outcome', round: 1_023 }]);
    at('first').stand('never');
    expect(routed).toEqual([]);
    at('second').stand('never');
    expect([routed, ends]).toEqual([[[1_024, false, 0]], []]);
  });

  it('whose former entry is gone is routed when every server that offers its function says that it never ran (M1)', () => {
    const { at, routed } = reclaimed({ gone: ['first'], owners: ['a', 'b'] });
    at('a').stand('never');
    expect(routed).toEqual([]);
    at('b').stand('never');
    expect(routed).toEqual([[1_024, false, 0]]);
  });

  it('goes on as one that may have run where those who could say keep no ends (M4)', () => {
    const { at, routed } = reclaimed({ gone: ['first'], owners: ['a'], witnesses: { keepEnds: () => false } });
    at('a').stand('never');
    expect(routed).toEqual([[1_024, true, 1]]);
  });

  it.each<[string, Scene]>([
    ['may have offered it itself', { witnesses: { isBystander: () => false } }],
    ['may have sent it to a server that has gone', { witnesses: { hasDeparted: () => true } }],
    ['is one of those that its caller knows to run it', { runners: ['first'] }],
  ])('whose former entry is gone, and %s, may have run, whatever the others say (M1, M3)', (_why, scene) => {
    const alone = reclaimed({ gone: ['first'], ...scene });
    expect([alone.routed, alone.ends]).toEqual([[], ['connection_lost maybe']]);
    const { at, routed, ends } = reclaimed({ gone: ['first'], owners: ['a'], ...scene });
    at('a').stand('never');
    expect([routed, ends]).toEqual([[], ['connection_lost maybe']]);
  });

  it('may have run when one that offers its function does not know (M3)', () => {
    const { at, routed, ends } = reclaimed({ gone: ['first'], owners: ['a', 'b'] });
    at('a').stand('forgotten');
    at('b').stand('never');
    expect([routed, ends]).toEqual([[], ['connection_lost maybe']]);
  });

  it('that was sent long ago may have run, though nobody knows of it; its caller is not asked (M1, M3)', () => {
    const { at, routed, ends, asked } = reclaimed({ via: [caller, 'first'], owners: ['a'] });
    at('first').stand('never');
    at('a').stand('never');
    expect([asked(), routed, ends]).toEqual([['first', 'a'], [], ['connection_lost maybe']]);
  });

  it('that was sent long ago ends as one that offers its function says, who runs it (M2)', () => {
    const { at, ends } = reclaimed({ via: [caller], owners: ['a'] });
    at('a').stand('running');
    at('a').reply({ ok: true, value: encodeValue(1) });
    expect(ends).toEqual(['ok']);
  });

  it('ends as the one says who runs it; nobody else is asked any more (M2)', () => {
    const { at, routed, ends } = reclaimed({ via: ['first', 'second'] });
    at('second').stand('running');
    expect(at('first').sent.at(-1)?.kind).toBe('cancel');
    at('second').reply({ ok: true, value: encodeValue(1) });
    expect([routed, ends]).toEqual([[], ['ok']]);
  });

  it('that ended unrun where it was taken up is asked for anew, three times, and then may have run (M3)', () => {
    const { at, routed, ends } = reclaimed();
    const unrun = failure(new HeddleError('draining', { server: 'first' }));
    for (let times = 0; times < 4; times += 1) {
      expect(ends).toEqual([]);
      at('first').stand('running');
      at('first').reply(unrun);
    }
    expect([at('first').sent.length, routed, ends]).toEqual([4, [], ['connection_lost maybe']]);
  });
});

function witnessing(...members: readonly MemberView[]) {
  const clock = new VirtualClock();
  const catalog = catalogOf('owner');
  const known = new KnownWitnesses({
    clock,
    catalog,
    contact: new Contact(clock),
    refusedOffers: () => [],
    members: () => members,
    instance: 'me',
  });
  const depart = (...names: readonly string[]): void => {
    catalog.setOffers(announcer('gone'), body(...names.map((name) => record(name))), clock.nowMs());
    catalog.remove('i-gone', clock.nowMs());
  };
  return { clock, catalog, known, depart };
}

describe('what a server knows of who can have run a call', () => {
  const idle = memberView('idle');

  it('vouches for another that is known not to offer it (W1)', () => {
    const { clock, catalog, known } = witnessing(
      idle,
      memberView('owner', { instance: 'i-owner', bodyHash: 'x' }),
      memberView('young', { bodyHash: 'x' }),
    );
    clock.advance(newsMsMax);
    expect(['idle-1', 'i-owner', 'young-1', 'stranger'].map((instance) => known.isBystander(instance, 'work'))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    catalog.setOffers({ ...announcer('young'), instance: 'young-1' }, { functions: [] }, 0);
    expect(known.isBystander('young-1', 'work')).toBe(true);
  });

  it('vouches for nobody before it has been here for as long as news take, nor for one that is cut off (W1)', () => {
    const { clock, known } = witnessing(idle, memberView('far', { status: 'unreachable' }));
    clock.advance(newsMsMax - 1);
    expect(known.isBystander('idle-1', 'work')).toBe(false);
    clock.advance(1);
    expect(['idle-1', 'far-1'].map((instance) => known.isBystander(instance, 'work'))).toEqual([true, false]);
  });

  it('may have missed offers of whom it has not heard from, until it has been here for as long as news take (W1)', () => {
    const { clock, known } = witnessing(idle);
    expect([['idle-1'], ['me'], ['idle-1', 'stranger']].map((via) => known.isNewTo(via))).toEqual([false, false, true]);
    clock.advance(newsMsMax);
    expect(known.isNewTo(['stranger'])).toBe(false);
  });

  it('may have missed offers of any that is alive and has announced what has not come yet (W1)', () => {
    const { catalog, known } = witnessing(
      idle,
      memberView('young', { bodyHash: 'x' }),
      memberView('dead', { bodyHash: 'x', status: 'dead' }),
    );
    expect(known.isNewTo(['idle-1'])).toBe(true);
    catalog.setOffers({ ...announcer('young'), instance: 'young-1' }, { functions: [] }, 0);
    expect(known.isNewTo(['idle-1'])).toBe(false);
  });

  it('remembers that an offer went, with its server or without, for as long as a call may be sent again', () => {
    const { clock, catalog, known, depart } = witnessing();
    depart('one');
    catalog.setOffers(announcer('owner'), body(), clock.nowMs());
    clock.advance(againMsMax);
    expect(['one', 'work', 'other'].map((name) => known.hasDeparted(name))).toEqual([true, true, false]);
    clock.advance(1);
    expect(['one', 'work'].map((name) => known.hasDeparted(name))).toEqual([false, false]);
  });

  it('takes every function for departed when more went than are remembered', () => {
    const { clock, known, depart } = witnessing();
    depart(...Array.from({ length: 10_000 }, (_, at) => `f${at}`));
    expect([known.hasDeparted('f0'), known.hasDeparted('other')]).toEqual([true, false]);
    depart('one more');
    expect([known.hasDeparted('f0'), known.hasDeparted('other'), known.effectOf('other')]).toEqual([true, true, 'once']);
    clock.advance(againMsMax);
    expect(known.hasDeparted('other')).toBe(true);
    clock.advance(1);
    expect([known.hasDeparted('other'), known.effectOf('other')]).toEqual([false, undefined]);
  });
});
