import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Catalog } from '../../src/core/catalog/catalog.ts';
import { ReplyLedger } from '../../src/core/outcome/reply-ledger.ts';
import { HeddleError } from '../../src/errors.ts';
import type { Explainer } from '../../src/fabric/explain/explainer.ts';
import type { WorkflowExplainer } from '../../src/fabric/explain/workflow-explainer.ts';
import type { Incoming, RequestFrame } from '../../src/fabric/link/conversation.ts';
import type { HeldOutcome } from '../../src/fabric/link/held-outcome.ts';
import type { CallSink, Invocation } from '../../src/fabric/link/invocation.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { CatalogFeed } from '../../src/fabric/mesh/catalog-feed.ts';
import { CatalogWatches } from '../../src/fabric/mesh/catalog-watches.ts';
import type { RunEngine, RunFollower } from '../../src/fabric/run/run-engine.ts';
import { CallDesk, type CallDeskOptions } from '../../src/fabric/serve/call-desk.ts';
import { Outcomes } from '../../src/fabric/serve/outcomes.ts';
import { Entry, type EntryOptions } from '../../src/fabric/server/entry.ts';
import type { FabricVitals } from '../../src/fabric/server/fabric-vitals.ts';
import { Questions } from '../../src/fabric/server/questions.ts';
import { fromWireError } from '../../src/wire/error.ts';
import type { Frame, ReplyFrame } from '../../src/wire/frame.ts';
import { callFrame } from '../frames.ts';
import { openGate } from './open-gate.ts';

/** The asking side of a link: what it was sent, and which of its requests are open here. */
class AskingPeer {
  readonly identity = { name: 'asker', instance: 'a5ce' };
  readonly sent: Frame[] = [];
  readonly open = new Map<number, Incoming>();
  readonly ledger = new ReplyLedger<HeldOutcome>();
  readonly closed = undefined;
  kind: 'link' | 'session';

  constructor(kind: 'link' | 'session') {
    this.kind = kind;
  }

  serve(id: number, incoming: Incoming): void {
    this.open.set(id, incoming);
  }

  answer(frame: ReplyFrame): void {
    if (this.open.delete(frame.id)) this.sent.push(frame);
  }

  reply(id: number, end: Omit<ReplyFrame, 'kind' | 'id'>): void {
    this.answer({ kind: 'reply', id, ...end });
  }

  waitedMs = 0;

  send(frame: Frame): void {
    this.sent.push(frame);
  }

  finish(id: number): void {
    this.open.delete(id);
  }
}

function engineOfRuns(name: string) {
  const asked: string[] = [];
  const left: string[] = [];
  const followers: RunFollower[] = [];
  const follow = (what: string, follower: RunFollower) => {
    asked.push(`${name} ${what}`);
    followers.push(follower);
    return () => void left.push(what);
  };
  const engine: RunEngine = {
    submit: (request, follower) => follow(`submit ${request.runId}`, follower),
    attach: (runId, _from, follower) => follow(`attach ${runId}`, follower),
    cancel: async (runId) => {
      asked.push(`${name} cancel ${runId}`);
      if (runId === 'odd') throw new TypeError('odd');
      throw new HeddleError('unknown_run', { runId });
    },
  };
  return { engine, asked, left, followers };
}

function rig(kind: 'link' | 'session' = 'session', refusal?: HeddleError, gapMs = 0) {
  const runner = engineOfRuns('runner');
  const runs = engineOfRuns('relay');
  const sinks: CallSink[] = [];
  const cancelled: string[] = [];
  const given: (readonly [timeoutMs: number, deadlineMs: number])[] = [];
  const engine = {
    start: ({ timeoutMs, deadlineMs }: Invocation, sink: CallSink) => {
      sinks.push(sink);
      given.push([timeoutMs, deadlineMs]);
      return { cancel: (reason: string) => void cancelled.push(reason) };
    },
  };
  const clock = new VirtualClock();
  const desk = {
    engine,
    dispatcher: { load: { waitedMs: 0 } },
    clock,
    self: { name: 'one', instance: '01' },
    catalog: new Catalog(),
    outcomes: new Outcomes({ clock, server: 'one' }),
    gate: openGate('one'),
    refusal: () => refusal,
  };
  const options = {
    gate: desk.gate,
    calls: new CallDesk(desk as unknown as CallDeskOptions),
    runner: runner.engine,
    runs: runs.engine,
    questions: new Questions({
      members: () => [],
      catalog: () => [],
      explainer: {} as unknown as Explainer,
      workflows: {} as unknown as WorkflowExplainer,
      vitals: {} as unknown as FabricVitals,
    }),
    watches: new CatalogWatches({ feed: new CatalogFeed(), clock: new VirtualClock(), server: 'one' }),
    clock,
    gapMs: () => gapMs,
    refusal: () => refusal,
  };
  const peer = new AskingPeer(kind);
  // An entry asks no more of them than is here.
  const entry = new Entry(options as unknown as EntryOptions);
  const ask = (frame: Parameters<Entry['onRequest']>[0]): void => entry.onRequest(frame, peer as unknown as Peer);
  return { ask, peer, runner, runs, sinks, cancelled, given };
}

const call = callFrame('f', [], { isDirect: false, timeoutMs: 1_000 });
const submit = {
  kind: 'submit',
  id: 2,
  runId: 'r',
  commands: [],
  returns: { kind: 'leaves' },
  isDetached: false,
  looksBare: [],
} as const;
const attach = { kind: 'attach', id: 3, runId: 'r', fromSequence: 1 } as const;
const settled = { seq: 1, atMs: 0, kind: 'run.settled', ok: true, elapsedMs: 0 } as const;

function codesOf(peer: AskingPeer): readonly string[] {
  return peer.sent.map((frame) => (frame.kind === 'reply' && !frame.outcome.ok ? fromWireError(frame.outcome.error).code : frame.kind));
}

describe('what is asked of a server', () => {
  test('N1: a call is answered once and then forgotten', () => {
    const { ask, peer, sinks } = rig();
    ask(call);
    expect(peer.open.size).toBe(1);
    const outcome = { ok: true, value: { encoding: 'undefined', bytes: new Uint8Array(0) } } as const;
    sinks[0]?.settled({ outcome });
    sinks[0]?.settled({ outcome });
    expect([peer.sent.length, peer.open.size]).toEqual([1, 0]);
  });

  test('a cancel of a call reaches whoever works on it', () => {
    const { ask, peer, cancelled } = rig();
    ask(call);
    peer.open.get(1)?.cancel('enough', false);
    expect(cancelled).toEqual(['enough']);
  });

  test('N1: a run is forgotten when it has settled, failed, or its follower left', () => {
    for (const request of [submit, attach]) {
      const { ask, peer, runs } = rig();
      ask(request);
      runs.followers[0]?.onEvent(settled);
      expect([peer.sent.map((frame) => frame.kind), peer.open.size]).toEqual([['runEvent'], 0]);
      ask(request);
      runs.followers[1]?.onFailure(new HeddleError('unknown_run', { runId: 'r' }));
      expect([codesOf(peer).at(-1), peer.open.size]).toEqual(['unknown_run', 0]);
      ask(request);
      peer.open.get(request.id)?.cancel('left', false);
      expect([runs.left.length, peer.open.size]).toEqual([1, 0]);
    }
  });

  test('a follower that left is sent nothing more', () => {
    const { ask, peer, runs } = rig();
    ask(attach);
    peer.open.get(attach.id)?.cancel('left', false);
    runs.followers[0]?.onEvent(settled);
    runs.followers[0]?.onFailure(new HeddleError('unknown_run', { runId: 'r' }));
    expect(peer.sent).toEqual([]);
  });

  test('while it drains: calls and runs are refused, following and cancelling are not', async () => {
    const { ask, peer, runs } = rig('session', new HeddleError('draining', { server: 's' }));
    ask(call);
    ask(submit);
    expect(codesOf(peer)).toEqual(['draining', 'draining']);
    ask(attach);
    ask({ kind: 'cancelRun', id: 4, runId: 'r', reason: 'enough' });
    await Promise.resolve();
    expect(runs.asked).toEqual(['relay attach r', 'relay cancel r']);
  });

  test('by another server is answered from here, by a client with the help of the others', async () => {
    for (const [kind, by] of [
      ['link', 'runner'],
      ['session', 'relay'],
    ] as const) {
      const { ask, peer, runner, runs } = rig(kind);
      ask(attach);
      ask({ kind: 'cancelRun', id: 4, runId: 'r', reason: 'enough' });
      expect([...runner.asked, ...runs.asked]).toEqual([`${by} attach r`, `${by} cancel r`]);
      await new Promise(setImmediate);
      expect(codesOf(peer)).toEqual(['unknown_run']);
    }
  });

  test('has less time left by what it waited to be read', () => {
    const { ask, peer, given } = rig();
    peer.waitedMs = 400;
    ask({ ...call, timeoutMs: 1_000 });
    expect(given).toEqual([[600, 600]]);
  });

  test('just after this process stood still has less time left than its frame says, and none at the worst', () => {
    for (const [gapMs, leftMs] of [
      [0, 1_000],
      [300, 700],
      [5_000, 0],
    ] as const) {
      const { ask, given } = rig('session', undefined, gapMs);
      ask(call);
      expect(given).toEqual([[leftMs, leftMs]]);
    }
  });

  test('that it does not do is refused with an error, and nothing runs', () => {
    const asked: readonly (readonly [RequestFrame, executed: string])[] = [
      [{ kind: 'query', id: 1, about: 'explain' }, 'no'],
      [{ kind: 'watch', id: 1, about: 'run', runId: 'r' }, 'no'],
      // Of a later version: the link stays, and so does everything else that goes on over it.
      [{ kind: 'query', id: 1, about: 9 }, 'no'],
      [{ kind: 'watch', id: 1, about: 9 }, 'no'],
    ];
    for (const [frame, executed] of asked) {
      const { ask, peer, sinks, runs } = rig();
      ask(frame);
      const [answer] = peer.sent;
      const error = answer?.kind === 'reply' && !answer.outcome.ok ? answer.outcome.error : undefined;
      expect([error?.code, error?.executed, peer.open.size], frame.kind).toEqual(['protocol_error', executed, 0]);
      expect([sinks, runs.asked]).toEqual([[], []]);
    }
  });

  test('that goes wrong in our own code is still answered', async () => {
    const { ask, peer } = rig();
    ask({ kind: 'cancelRun', id: 4, runId: 'odd', reason: 'enough' });
    await new Promise(setImmediate);
    expect([codesOf(peer), peer.open.size]).toEqual([['protocol_error'], 0]);
  });

  test('about the fabric is answered in the shape of the API', () => {
    const { ask, peer } = rig();
    ask({ kind: 'query', id: 5, about: 'members' });
    ask({ kind: 'query', id: 6, about: 'catalog' });
    expect(peer.sent).toMatchObject([
      { id: 5, outcome: { ok: true } },
      { id: 6, outcome: { ok: true } },
    ]);
    expect(peer.open.size).toBe(0);
  });
});
