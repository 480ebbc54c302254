import { describe, expect } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import type { Client, Functions, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { type Plan, workflow } from '../../src/index.ts';
import { failureOf } from '../within.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const work = (version: string, handler: () => unknown = () => 'done') => defineFunction({ name: 'work', version, effect: 'pure', handler });

const at = (version: string): Functions => ({ work: work(version) });

async function threeOf(world: FabricWorld): Promise<readonly [Server, Server, Server]> {
  const one = await world.start('one', at('1.0.0'), { resources: ['cpu'] });
  const two = await world.start('two', at('1.2.0'), { resources: ['gpu'] });
  const three = await world.start('three', at('2.0.0'), { resources: ['gpu', 'db'] });
  return [one, two, three];
}

/** `server@version: why` of each offer. */
const offersOf = ({ steps }: Plan): readonly string[] =>
  steps.flatMap(({ offers }) => offers.map(({ server, version, isCandidate, why }) => `${server}@${version} ${isCandidate}: ${why}`));

describe('explain of a function', () => {
  test('names the server that comes first, the candidates, and what keeps each other offer out', async ({ world }) => {
    const [one] = await threeOf(world);
    const plan = await world.settle(one.explain('work', { need: ['gpu'], version: '^1' }));
    expect(plan.steps).toHaveLength(1);
    expect(plan.steps[0]).toMatchObject({ name: 'work', server: 'two', version: '1.2.0' });
    expect(plan.steps[0]?.reasons).toEqual(['1 of 3 offers matches, 1 may take a call now', 'it is the only candidate']);
    const [first, ...others] = offersOf(plan);
    expect(first).toMatch(/^two@1\.2\.0 true: candidate: \d+\.\d ms, 0 in flight$/);
    expect(others.sort()).toEqual(['one@1.0.0 false: lacks gpu (has cpu)', 'three@2.0.0 false: version 2.0.0 is not in ^1']);
  });

  test('says the same through a client as at the server, by name and by definition', async ({ world }) => {
    const [one] = await threeOf(world);
    const client = await world.connect(one);
    for (const options of [undefined, { need: ['db'] }, { target: 'two' }, { need: { none: ['cpu', 'gpu'] } }]) {
      expect(await world.settle(client.explain('work', options))).toEqual(await world.settle(one.explain('work', options)));
    }
    expect(await world.settle(client.explain(work('1.0.0')))).toEqual(await world.settle(one.explain('work', { version: '^1.0.0' })));
  });

  test('W2: is a plan without a server where nobody matches, or nobody may take a call now', async ({ world }) => {
    const [one] = await threeOf(world);
    const lacking = await one.explain('work', { need: ['tpu'] });
    expect(lacking.steps[0]).not.toHaveProperty('server');
    expect(lacking.steps[0]?.reasons[0]).toMatch(/^no offer of 3 offers matches .*tpu/);
    const two = await world.start('only', { sole: () => 1 });
    const drained = two.drain();
    await world.until('the others know', async () =>
      (await one.members()).every(({ name, status }) => name !== 'only' || status !== 'alive'),
    );
    const leaving = await one.explain('sole').catch((error: unknown) => error);
    if (HeddleError.is(leaving)) expect(leaving.code).toBe('no_such_function');
    else expect((leaving as Plan).steps[0]).toMatchObject({ reasons: ['1 of 1 offer matches, and none may take a call now'] });
    await world.settle(drained);
  });

  test('prefers the faster of two, as calls do, and changes nothing by being asked (W1)', async ({ world }) => {
    const one = await world.start('one');
    await world.start('near', at('1.0.0'));
    await world.start('far', at('1.0.0'));
    world.network.weather.setDelay('one', 'far', 30);
    for (let nth = 0; nth < 40; nth += 1) await world.settle(one.call('work', [], { target: nth % 2 ? 'near' : 'far' }));
    const plans = await world.settle(Promise.all(Array.from({ length: 50 }, () => one.explain('work'))));
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(1);
    expect(plans[0]?.steps[0]).toMatchObject({ server: 'near' });
    expect(plans[0]?.steps[0]?.offers.map(({ server, isCandidate }) => [server, isCandidate])).toEqual([
      ['near', true],
      ['far', true],
    ]);
  });

  test('of an unknown function is no_such_function, with the nearest names', async ({ world }) => {
    const [one] = await threeOf(world);
    const client = await world.connect(one);
    for (const asked of [one.explain('wrok'), client.explain('wrok')]) {
      const error = await world.settle(failureOf(asked));
      expect(error).toMatchObject({ code: 'no_such_function', executed: 'no', detail: { nearest: ['work'] } });
    }
  });

  test('refuses what is neither a function nor a workflow, and an option that is none', async ({ world }) => {
    const one = await world.start('one', at('1.0.0'));
    const client = await world.connect(one);
    const flow = workflow('flow', ({ step }) => step('a', work('1.0.0'), []));
    // What plain JavaScript may pass.
    const explain = (caller: Client | Server, what: unknown, options?: unknown) =>
      (caller as { readonly explain: (what: unknown, options?: unknown) => Promise<unknown> }).explain(what, options);
    for (const caller of [one, client]) {
      expect(await world.settle(failureOf(explain(caller, 'work', { resources: ['gpu'] })))).toMatchObject({ code: 'bad_argument' });
      expect(await world.settle(failureOf(explain(caller, flow, { need: ['gpu'] })))).toMatchObject({ code: 'bad_argument' });
      expect(await world.settle(failureOf(explain(caller, flow, { references: 'loose' })))).toMatchObject({ code: 'bad_argument' });
      expect(await world.settle(failureOf(explain(caller, '')))).toMatchObject({ code: 'bad_argument' });
      expect(await world.settle(failureOf(explain(caller, () => 1)))).toMatchObject({ code: 'bad_argument' });
      expect(await world.settle(failureOf(explain(caller, { commands: 1 })))).toMatchObject({ code: 'bad_workflow' });
    }
  });
});
