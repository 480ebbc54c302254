/** What is said of a step that was to run again, and did not: what it did the first time counts (step-table.ts, Y3). */

import { describe, expect, it } from 'vitest';
import type { Payload } from '../../../src/core/payload.ts';
import { HeddleError } from '../../../src/errors.ts';
import { type Answers, failed, World, type WorldOptions } from './run-world.ts';

const commands = [
  { name: 'rows', fun: 'f', args: [] },
  { name: 'use', fun: 'f', args: [{ $ref: 'rows' }] },
  { name: 'slow', fun: 'f', args: [] },
];
const kept = { server: 'left', instance: 'i1', id: 1, bytes: 100_000, isRepeatable: true, isStream: false };
const rows: Payload = { encoding: 'json', bytes: new TextEncoder().encode('null'), parked: kept };
const lost = { step: 'rows', server: 'left', why: 'it is gone', value: 'i1/1' };
const nobody = new HeddleError('no_route', { function: 'f', offers: [] }, { executed: 'no' });

const unread = new HeddleError('lease_lost', lost, { executed: 'no' });

/** `rows` is done, its result is lost, and it is called again: `second` says how that ends. */
function lostAnd(second: ReturnType<Answers>, slow?: ReturnType<Answers>, use = unread): World {
  let calls = 0;
  const answers: Answers = (_args, { step }) => {
    if (step === 'slow') return slow;
    if (step === 'use') return { error: use };
    calls += 1;
    return calls === 1 ? { payload: rows } : second;
  };
  return new World(commands, answers, { settings: { leaseMs: 30_000 } });
}

describe('a step that is to run again because its result is lost', () => {
  it('has run, when it is called again and does not', () => {
    const { error } = lostAnd({ error: nobody }, { value: 1, afterMs: 50 }).run();
    expect(error).toMatchObject({
      code: 'step_failed',
      executed: 'yes',
      detail: { step: 'rows', steps: { rows: 'failed', use: 'not_run' } },
    });
    expect(error?.cause).toMatchObject({ code: 'no_route' });
  });

  it('has run, when the run ends while it may be running again', () => {
    const world = lostAnd(undefined);
    world.feed({ kind: 'started' });
    world.continue(10);
    world.feed({ kind: 'cancelled', reason: 'enough' });
    expect(world.continue().error).toMatchObject({ executed: 'yes', detail: { steps: { rows: 'failed', use: 'not_run', slow: 'maybe' } } });
  });

  it('has run, when the run ends while it waits for its turn', () => {
    const world = lostAnd({ error: new HeddleError('overloaded', { function: 'f', server: 's', retryAfterMs: 1_000 }) });
    world.feed({ kind: 'started' });
    world.continue(10);
    world.feed({ kind: 'cancelled', reason: 'enough' });
    expect(world.continue().error).toMatchObject({ executed: 'yes', detail: { steps: { rows: 'failed' } } });
    const said = world.events.flatMap((event) => (event.kind === 'step.settled' && event.step === 'rows' ? [event.error] : []));
    expect(said).toMatchObject([undefined, { code: 'lease_lost', executed: 'yes' }]);
  });
});

describe('a step that had begun to read what was lost', () => {
  it('may have run, when it is not called again', () => {
    const begun = new HeddleError('lease_lost', { ...lost, mayRunAgain: true }, { executed: 'maybe' });
    const world = lostAnd({ error: nobody }, { value: 1 }, begun).run();
    expect(world.error).toMatchObject({ detail: { steps: { rows: 'failed', use: 'maybe' } } });
  });
});

describe('elements that wait for what was lost', () => {
  it('are called again as calls that may have run, those that had begun to read it, and no others', () => {
    const begun = new HeddleError('lease_lost', { ...lost, mayRunAgain: true }, { executed: 'maybe' });
    const called = new Set<string>();
    const answers: Answers = (_args, { step, element }) => {
      if (step === 'rows') return { payload: rows };
      const call = `${step}.${element}`;
      if (called.has(call) || element === 2) return { value: element };
      called.add(call);
      return { error: element === 0 ? begun : unread };
    };
    const use = { name: 'use', fun: 'f', each: { $literal: [7, 8, 9] }, args: [{ $ref: 'rows' }, { $item: true }] };
    const world = new World([{ name: 'rows', fun: 'f', args: [] }, use], answers, { settings: { leaseMs: 30_000 } }).run();
    const calls = world.effects.flatMap((effect) => (effect.kind === 'startStep' && effect.step === 'use' ? [effect] : []));
    expect(calls.map(({ element, mayHaveRun }) => [element, mayHaveRun])).toEqual([
      [0, false],
      [1, false],
      [2, false],
      [0, true],
      [1, false],
    ]);
    expect(world.error).toBeUndefined();
  });
});

describe('an element that had begun to read what was lost', () => {
  const begun = new HeddleError('lease_lost', { ...lost, mayRunAgain: true }, { executed: 'maybe' });
  const busy = new HeddleError('overloaded', { function: 'f', server: 's', retryAfterMs: 1_000 });

  /** `rows` is made again for the one element of `use`: `second` says how the call ends that follows. */
  function begunAnd(second: HeddleError): World {
    let calls = 0;
    const answers: Answers = (_args, { step }) => {
      if (step === 'rows') return { payload: rows };
      calls += 1;
      return { error: calls === 1 ? begun : second };
    };
    const use = { name: 'use', fun: 'f', each: { $literal: [7] }, args: [{ $ref: 'rows' }, { $item: true }] };
    const world = new World([{ name: 'rows', fun: 'f', args: [] }, use], answers, { settings: { leaseMs: 30_000 } });
    world.feed({ kind: 'started' });
    return world;
  }

  const saidOf = ({ events }: World) =>
    events.flatMap((event) =>
      event.kind === 'element.settled' || (event.kind === 'step.settled' && event.step === 'use')
        ? [[event.kind, event.outcome, event.error]]
        : [],
    );
  const said = { code: 'lease_lost', executed: 'maybe' };

  it('may have run, when it is called again and does not', () => {
    const world = begunAnd(nobody).continue();
    expect(world.error).toMatchObject({ detail: { steps: { use: 'maybe' } } });
    expect(world.error?.cause).toMatchObject({ code: 'no_route' });
    expect(saidOf(world)).toMatchObject([
      ['element.settled', 'maybe', said],
      ['step.settled', 'maybe', said],
    ]);
  });

  it('may have run, when the run ends while it waits for its turn', () => {
    const world = begunAnd(busy).continue(10);
    world.feed({ kind: 'cancelled', reason: 'enough' });
    expect(world.continue().error).toMatchObject({ detail: { steps: { use: 'maybe' } } });
    expect(saidOf(world)).toMatchObject([
      ['element.settled', 'maybe', said],
      ['step.settled', 'maybe', { code: 'cancelled', executed: 'maybe' }],
    ]);
  });
});

describe('a step that came back from a server where it was shipped, and may have run there', () => {
  it('may have run, whatever becomes of its next call', () => {
    const undone: string[] = [];
    let calls = 0;
    const answers: Answers = () => {
      calls += 1;
      return calls > 1 ? { error: nobody } : undefined;
    };
    const undos: WorldOptions['undos'] = (_args, { step }) => {
      undone.push(step);
      return { value: 1 };
    };
    const world = new World([{ name: 'pay', fun: 'f', args: [], compensate: { fun: 'g', args: [] } }], answers, { undos });
    world.feed({ kind: 'started' });
    const { error, wire } = failed(new HeddleError('connection_lost', { server: 's' }, { executed: 'maybe' }));
    world.feed({ kind: 'stepBack', step: 'pay', error, wire });
    expect(world.continue().error).toMatchObject({ executed: 'maybe', detail: { steps: { pay: 'maybe' } } });
    expect(undone).toEqual(['pay']);
  });
});
