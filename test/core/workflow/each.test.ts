import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Payload } from '../../../src/core/payload.ts';
import { elementsMax, parallelDefault } from '../../../src/core/workflow/each-record.ts';
import { InlineRoom, inlineBytesMin, inlineRoomBytes, listBytesMax } from '../../../src/core/workflow/inline-room.ts';
import { waitsMax } from '../../../src/core/workflow/recovery.ts';
import { endGraceMs } from '../../../src/core/workflow/run-io.ts';
import { HeddleError } from '../../../src/errors.ts';
import { encode } from './codec.ts';
import type { Answers, WorldOptions } from './run-world.ts';
import { limitedServers, thrown, World } from './run-world.ts';

/** The source of the list, a step that maps it, and one that takes the results. */
function mapped(each: object = {}, last: object = {}): readonly object[] {
  return [
    { name: 'rows', fun: 'load' },
    { name: 'twice', fun: 'twice', each: { $ref: 'rows' }, args: [{ $item: true }, { $index: true }], ...each },
    { name: 'sum', fun: 'sum', args: [{ $ref: 'twice' }], ...last },
  ];
}

/** Loads `rows`; `twice` doubles an element after `rows[i]` ms, and throws at negative ones; `sum` adds up. */
function answers(rows: unknown): Answers {
  return (args, { command }) => {
    if (command.function === 'load') return { value: rows };
    if (command.function === 'sum') return { value: (args[0] as number[]).reduce((sum, one) => sum + (one ?? 0), 0) };
    const [item] = args as [number];
    return item < 0 ? { error: thrown(), afterMs: -item } : { value: item * 2, afterMs: item };
  };
}

const worldOf = (rows: unknown, each: object = {}, options: WorldOptions = {}): World =>
  new World(mapped(each), answers(rows), { returns: 'all', ...options });

/** Most elements that were under way at once. */
function mostAtOnce(world: World): number {
  let now = 0;
  let most = 0;
  for (const effect of world.effects) {
    if (effect.kind === 'startStep' && effect.element !== undefined) now += 1;
    if (effect.kind === 'event' && effect.event.kind === 'element.settled') now -= 1;
    most = Math.max(most, now);
  }
  return most;
}

describe('a step that maps a list', () => {
  it('calls its function once for each element and gives the results in the order of the list (L4)', () => {
    const world = worldOf([9, 1, 5]).run();
    expect(world.result).toEqual({ rows: [9, 1, 5], twice: [18, 2, 10], sum: 30 });
    expect(world.story.filter((line) => line.includes('twice'))).toEqual([
      'step.opened twice',
      'step.started twice[0]',
      'step.started twice[1]',
      'step.started twice[2]',
      'element.settled twice[1] done',
      'element.settled twice[2] done',
      'element.settled twice[0] done',
      'step.settled twice done',
    ]);
  });

  it('gives each call its element and its index', () => {
    const seen: unknown[] = [];
    const world = new World(mapped(), (args, start, nowMs) => {
      if (start.element !== undefined) seen.push(args);
      return answers([4, 7])(args, start, nowMs);
    });
    world.run();
    expect(seen).toEqual([
      [4, 0],
      [7, 1],
    ]);
  });

  it('maps an empty list to an empty list, without a call', () => {
    const world = worldOf([]).run();
    expect(world.result).toEqual({ rows: [], twice: [], sum: 0 });
    expect(world.effects.filter((effect) => effect.kind === 'startStep').length).toBe(2);
  });

  it('maps the input, a part of a result, and a list that stands in the workflow', () => {
    const step = { name: 'twice', fun: 'twice', args: [{ $item: true, path: ['ms'] }] };
    const items = [{ ms: 1 }, { ms: 2 }];
    const ofInput = new World([{ ...step, each: { $input: true, path: ['list'] } }], answers(0), { input: { list: items } }).run();
    const ofPart = new World(
      [
        { name: 'rows', fun: 'load' },
        { ...step, each: { $ref: 'rows', path: ['list'] } },
      ],
      answers({ list: items }),
    ).run();
    const literal = new World([{ ...step, each: { $literal: items } }], answers(0)).run();
    for (const world of [ofInput, ofPart, literal]) expect(world.result).toEqual({ twice: [2, 4] });
  });

  it('has at most `parallel` elements under way, by default 64, and starts the next as one ends (L1)', () => {
    const rows = Array.from({ length: 200 }, (_, at) => (at % 7) + 1);
    expect(mostAtOnce(worldOf(rows, { parallel: 3 }).run())).toBe(3);
    expect(mostAtOnce(worldOf(rows).run())).toBe(parallelDefault);
    expect(mostAtOnce(worldOf(rows, { parallel: 256 }, { settings: { inFlightMax: 10 } }).run())).toBe(10);
  });

  it('waits as `concurrency_full` where its servers have no room, loses no element and says so once', () => {
    let world: World | undefined;
    const limited = limitedServers(() => (world as World).clock, 2, 4, 10);
    world = new World(mapped({ parallel: 256 }), (args, start, nowMs) =>
      start.element === undefined ? answers([...Array(1_000).keys()])(args, start, nowMs) : limited(args, start, nowMs),
    );
    world.run();
    expect(world.result).toEqual({ sum: 499_500 });
    const waits = world.events.flatMap((event) => (event.kind === 'step.waiting' && event.step === 'twice' ? [event.reason.kind] : []));
    expect(waits).toContain('concurrency_full');
    expect(waits.length).toBeLessThan(10);
    expect(world.events.some((event) => event.kind === 'element.settled' && !event.ok)).toBe(false);
  });

  it('gives every element the time of the step, not what is left of it', () => {
    const world = worldOf([40, 40, 40], { parallel: 1, timeoutMs: 50 }).run();
    const times = world.effects.flatMap((effect) =>
      effect.kind === 'startStep' && effect.element !== undefined ? [effect.timeoutMs] : [],
    );
    expect(times).toEqual([50, 50, 50]);
  });
});

describe('a list that cannot be mapped', () => {
  it('fails the step before any element is called, when it is no list', () => {
    const world = worldOf({ no: 'list' }).run();
    expect(world.error).toMatchObject({
      code: 'step_failed',
      detail: { step: 'twice', steps: { rows: 'done', twice: 'not_run', sum: 'not_run' } },
    });
    expect(world.error?.cause).toMatchObject({ code: 'bad_argument', executed: 'no' });
  });

  it('fails the step when the run maps more elements than one run may, in one list or in several', () => {
    const rows = Array(elementsMax).fill(1);
    expect(worldOf([...rows, 1]).run().error?.cause).toMatchObject({
      code: 'bad_argument',
      detail: { path: ['each'], expected: `at most ${elementsMax} elements in one run`, found: `a list of ${elementsMax + 1}` },
    });
    const both = [...mapped().slice(0, 2), { name: 'more', fun: 'twice', each: { $ref: 'twice', path: [] }, args: [{ $item: true }] }];
    const world = new World(both, answers(rows)).run();
    expect(world.error?.cause).toMatchObject({
      detail: { found: `a list of ${elementsMax} beside ${elementsMax} that the run has mapped` },
    });
  });

  it('runs as many elements as one run may', () => {
    expect(worldOf(Array(elementsMax).fill(1)).run().result).toMatchObject({ sum: 2 * elementsMax });
  });
});

describe('an element that fails', () => {
  it('ends the run: no other element starts, those under way are cancelled, and the error names it (L3)', () => {
    const world = worldOf([1, -3, 50, 50, 50], { parallel: 3 }).run();
    expect(world.error).toMatchObject({
      code: 'step_failed',
      executed: 'yes',
      detail: { step: 'twice', element: 1, steps: { twice: 'failed' } },
    });
    const cancelled = world.effects.flatMap((effect) => (effect.kind === 'cancelStep' ? [effect.element] : []));
    expect(cancelled).toEqual([2, 3]);
    expect(world.story).toContain('element.settled twice[2] maybe');
    expect(world.story.some((line) => line.includes('twice[4]'))).toBe(false);
    expect(world.story.filter((line) => line.startsWith('step.settled twice'))).toEqual(['step.settled twice failed']);
  });

  it('spares the others under `continue`; what needs the list does not run', () => {
    const steps = [...mapped({ onFailure: 'continue' }), { name: 'apart', fun: 'load', after: ['rows'] }];
    const world = new World(steps, answers([1, -3, 9]), { returns: ['apart'] }).run();
    expect(world.result).toEqual({ apart: [1, -3, 9] });
    expect(world.story).toContain('element.settled twice[2] done');
    expect(world.story).toContain('step.settled twice failed');
    expect(world.story).toContain('step.settled sum not_run');
  });

  it('gets the fallback as its result, and the list is whole', () => {
    const world = worldOf([1, -3, 9], { onFailure: { fallback: 100 } }).run();
    expect(world.result).toEqual({ rows: [1, -3, 9], twice: [2, 100, 18], sum: 120 });
    const ended = world.events.filter((event) => event.kind === 'element.settled' && event.usedFallback);
    expect(ended).toMatchObject([{ element: 1, ok: false, outcome: 'failed' }]);
    expect(world.events.find((event) => event.kind === 'step.settled' && event.step === 'twice')).toMatchObject({
      ok: false,
      usedFallback: true,
    });
  });

  it('has no fallback for a list that never came: the step does not run', () => {
    const [, twice, sum] = mapped({ onFailure: { fallback: 0 } });
    const rows = { name: 'rows', fun: 'twice', args: [-1], onFailure: 'continue' };
    const world = new World([rows, twice, sum, { name: 'apart', fun: 'load' }], answers(7), { returns: ['apart'] }).run();
    expect(world.result).toEqual({ apart: 7 });
    expect(world.story).toContain('step.settled twice not_run');
  });

  it('is undone with all others that ran, each by itself with its own element and result, before what the list came from (U2)', () => {
    const undone: unknown[] = [];
    const steps = mapped({
      parallel: 2,
      compensate: { fun: 'undo', args: [{ $ref: 'twice' }, { $item: true }, { $index: true }, { $ref: 'rows', path: [0] }] },
    }).map((step) => ('each' in step ? step : { ...step, compensate: { fun: 'undo', args: ['rows'] } }));
    const world = new World(steps, answers([1, 5, -9, 30, 2]), { undos: (args) => ({ value: undone.push(args) }) }).run();
    expect(world.error).toMatchObject({ detail: { step: 'twice', element: 2, compensated: { twice: 'done', rows: 'done' } } });
    expect(undone).toEqual([[2, 1, 0, 1], [10, 5, 1, 1], [60, 30, 3, 1], ['rows']]);
    expect(world.story.filter((line) => line.startsWith('compensation.settled'))).toHaveLength(4);
  });
});

describe('a run that ends while a list is mapped', () => {
  it('cancels every element under way once, and settles the step when the last has answered', () => {
    const world = worldOf([1, 40, 60, 80], { parallel: 3 });
    world.feed({ kind: 'started' });
    world.continue(20);
    world.feed({ kind: 'cancelled', reason: 'enough' });
    world.continue();
    expect(world.effects.flatMap((effect) => (effect.kind === 'cancelStep' ? [effect.element] : []))).toEqual([1, 2, 3]);
    expect(world.error).toMatchObject({ code: 'cancelled', detail: { steps: { twice: 'failed', sum: 'not_run' } } });
  });

  it('says `maybe` of elements that never answer, within the grace', () => {
    const world = worldOf([5_000, 5_000], {}, { cancelAnswers: false });
    world.feed({ kind: 'started' });
    world.continue(20);
    world.feed({ kind: 'cancelled', reason: 'enough' });
    world.continue(20 + endGraceMs);
    expect(world.story.filter((line) => line.includes('twice'))).toEqual(
      expect.arrayContaining(['element.settled twice[0] maybe', 'element.settled twice[1] maybe', 'step.settled twice maybe']),
    );
    expect(world.machine.isSettled).toBe(true);
  });

  it('says why nothing goes on when no element can start, and nothing while one is under way', () => {
    const busy = new HeddleError('overloaded', { function: 'twice', server: 's', retryAfterMs: 50 });
    const world = new World(mapped({ parallel: 2 }), (args, start, nowMs) =>
      start.element === undefined ? answers([1, 2, 3])(args, start, nowMs) : nowMs < 40 ? { error: busy } : answers(0)(args, start, nowMs),
    );
    world.feed({ kind: 'started' });
    world.continue(10);
    expect(world.machine.findWait('twice')).toMatchObject({ kind: 'concurrency_full' });
    expect(world.machine.countElements('twice')).toEqual({ of: 3, done: 0, failed: 0, running: 0 });
    world.continue();
    expect(world.result).toEqual({ sum: 12 });
    expect(world.machine.countElements('twice')).toEqual({ of: 3, done: 3, failed: 0, running: 0 });
  });
});

describe('a step that maps a list, over random lists, limits and failures', () => {
  it('calls every element once but for refusals, and gives what a loop gives', () => {
    const rows = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 8 }), fc.constantFrom(1, 2, 256), (list, parallel, inFlightMax) => {
        const world = worldOf(list, { parallel }, { settings: { inFlightMax } }).run();
        const calls = world.effects.flatMap((effect) =>
          effect.kind === 'startStep' && effect.element !== undefined ? [effect.element] : [],
        );
        expect([...calls].sort((a, b) => a - b)).toEqual([...list.keys()]);
        expect(mostAtOnce(world)).toBeLessThanOrEqual(Math.min(parallel, inFlightMax));
        expect(world.result).toMatchObject({ twice: list.map((one) => one * 2) });
      }),
      { numRuns: 100, seed: 5 },
    );
  });

  it('settles every step and every called element once, whatever fails and whenever it is cancelled', () => {
    const rows = fc.array(fc.integer({ min: -20, max: 30 }), { maxLength: 20 });
    const policy = fc.constantFrom({}, { onFailure: 'continue' }, { onFailure: { fallback: 0 } });
    fc.assert(
      fc.property(rows, policy, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 60 }), (list, each, parallel, atMs) => {
        const world = worldOf(list, { ...each, parallel });
        world.feed({ kind: 'started' });
        world.continue(atMs);
        world.feed({ kind: 'cancelled', reason: 'x' });
        world.continue();
        expect(world.machine.isSettled).toBe(true);
        const settled = world.events.flatMap((event) => (event.kind === 'step.settled' ? [event.step] : []));
        expect([...settled].sort()).toEqual(['rows', 'sum', 'twice']);
        const called = world.effects.flatMap((effect) =>
          effect.kind === 'startStep' && effect.element !== undefined ? [effect.element] : [],
        );
        const ended = world.events.flatMap((event) => (event.kind === 'element.settled' ? [event.element] : []));
        expect([...ended].sort()).toEqual([...called].sort());
      }),
      { numRuns: 200, seed: 6 },
    );
  });
});

describe('large elements', () => {
  const parked = (bytes: number, id = 1): Payload => ({
    ...encode(null),
    parked: { server: 'left', instance: 'i1', id, bytes, isRepeatable: true, isStream: false },
  });
  const shares = (...counts: readonly number[]): readonly number[] => {
    const room = new InlineRoom();
    return counts.map((count) => room.take(count));
  };

  it('B1: few may be as large as any result, many share what there is, and each has its least', () => {
    expect(shares(1, 100)).toEqual([65_536, 65_536]);
    expect(shares(1_000)).toEqual([8_388]);
    expect(shares(10_000)).toEqual([1_024]);
    expect(shares(100, 1_000, 5_000, 3_900)).toEqual([65_536, 5_111, 1_024, 1_024]);
    // Whatever lists there are: what they share, and the least of all elements that one run may have.
    for (const counts of [[10_000], Array(40).fill(250), Array(10_000).fill(1), [1, 10, 100, 1_000, 8_889]]) {
      const taken = shares(...counts).reduce((sum, share, at) => sum + share * (counts[at] ?? 0), 0);
      expect(taken).toBeLessThanOrEqual(inlineRoomBytes + inlineBytesMin * elementsMax);
    }
  });

  it('says with each call how large its result may be to be sent along', () => {
    const world = worldOf([1, 1]).run();
    const said = world.effects.flatMap((effect) =>
      effect.kind === 'startStep' && effect.element !== undefined ? [effect.parkOverBytes] : [],
    );
    expect(said).toEqual([65_536, 65_536]);
  });

  it('L3: together they may have 1 GiB; the one that is over it fails', () => {
    const half = listBytesMax / 2;
    const gives = (over: number): World =>
      new World(
        mapped(),
        (args, start, nowMs) =>
          start.element === undefined
            ? answers([1, 1])(args, start, nowMs)
            : { payload: parked(half + start.element * over, start.element + 1) },
        { returns: ['rows'] },
      ).run();
    expect(gives(0).result).toEqual({ rows: [1, 1] });
    const world = gives(1);
    expect(world.error).toMatchObject({ code: 'step_failed', detail: { step: 'twice', element: 1 } });
    expect(world.error?.cause).toMatchObject({ code: 'bad_result', detail: { found: `${listBytesMax + 1} bytes` } });
  });

  it('does not believe for ever whoever says that an input is lost', () => {
    let calls = 0;
    const world = new World(mapped(), (args, start, nowMs) => {
      if (start.element !== 0) return answers([1, 1])(args, start, nowMs);
      calls += 1;
      const detail = { step: 'rows.0', server: 'left', why: 'it is gone', value: 'i9/9' };
      return { error: new HeddleError('lease_lost', detail, { executed: 'no' }) };
    }).run();
    expect(world.error).toMatchObject({ code: 'step_failed', detail: { step: 'twice', element: 0 } });
    expect(calls).toBe(1 + waitsMax);
  });
});
