/**
 * Rows of the fault page about a network that loses, repeats and delays, and about a fabric that lives long.
 */

import type { FaultRow } from './row.ts';
import { Scene } from './scene.ts';

/** Member-hours of one seed of row 12: 200 seeds are 100, `--hours` gives each seed more. */
export const lossyHours = { perSeed: 0.5 };
/** Latest frames of row 13: a keepalive waits for longer. */
const lateMs = 10_000;

function lossy(loss: number): (scene: Scene) => void {
  return (scene) => {
    const forMs = (lossyHours.perSeed * 3_600_000) / scene.names.length;
    scene.world.network.weather.setAll({ loss });
    scene.world.advance(forMs);
    scene.tally.memberHours = lossyHours.perSeed;
    scene.tally.falseDeads = scene.world.convictions.length;
  };
}

/** What everybody offers in the eyes of one, by name. */
function offersSeenBy(scene: Scene, by: string): string {
  return scene
    .process(by)
    .gossip.views()
    .map(({ name, bodyHash }) => `${name}=${bodyHash.slice(-12)}`)
    .join(' ');
}

/** The same offers at the same times; `harm` is what befalls the links meanwhile. */
function offersAfter(scene: Scene, offers: readonly (readonly [atMs: number, name: string])[], harm: () => void): string {
  for (const [atMs, name] of offers) scene.world.clock.schedule(atMs, () => scene.publish(name, `${name} ${atMs}`));
  harm();
  scene.world.advance(25_000);
  scene.world.heal();
  scene.oneViewWithin('after late frames', 15_000);
  scene.world.advance(2_000);
  return offersSeenBy(scene, scene.names[0] ?? '');
}

/** Timers and links of all that live, and what they remember of one another. */
function tablesOf(scene: Scene): Readonly<Record<string, number>> {
  const sum = { links: 0, timers: 0, records: 0, suspects: 0, doubts: 0, flaps: 0, adoptions: 0, newcomers: 0 };
  for (const { host, gossip } of scene.world.live()) {
    const { links, records, suspicions, doubts, flaps, adoptions, crowd } = gossip.inspection;
    sum.links += links.size;
    sum.timers += host.clock.armed;
    sum.records += records.size;
    sum.suspects += suspicions.names().length;
    sum.doubts += doubts.size;
    sum.flaps += flaps.size;
    sum.adoptions += adoptions.size;
    sum.newcomers += crowd.size;
  }
  return sum;
}

export const weatherRows: readonly FaultRow[] = [
  {
    row: '12a',
    what: '5 % of packets lost: nobody is dead who runs',
    sizeMin: 3,
    play: (scene) => {
      lossy(0.05)(scene);
      scene.nobodyBuried();
    },
  },
  { row: '12b', what: '25 % of packets lost: at most 10 false deads in 10,000 member-hours', sizeMin: 3, play: lossy(0.25) },
  {
    row: '13',
    what: 'frames twice, in another order and 10 s late: the state is that of a run in order',
    sizeMin: 2,
    play: (scene) => {
      const offers = Array.from({ length: 15 }, () => [scene.between(0, 20_000), scene.one()] as const);
      const calm = new Scene({ seed: scene.seed, sizeMin: scene.names.length, sizeMax: scene.names.length });
      const inOrder = offersAfter(calm, offers, () => {});
      const found = offersAfter(scene, offers, () => {
        for (let turn = 0; turn < 6; turn += 1) {
          const [a, b] = scene.some(2).map((name) => scene.addressOf(name));
          if (a === undefined || b === undefined) return;
          const atMs = scene.between(0, 14_000);
          scene.world.clock.schedule(atMs, () => scene.world.cut(a, b));
          scene.world.clock.schedule(atMs + lateMs, () => scene.world.network.weather.heal(a, b));
          scene.world.clock.schedule(scene.between(0, 20_000), () => scene.world.reset(a, b));
        }
      });
      scene.expect(found === inOrder, `another state than in order: ${found} and ${inOrder}`);
    },
  },
  {
    row: '38',
    what: 'a soak with churn: tables, timers and links as at the beginning, roots equal when quiet',
    sizeMin: 3,
    play: (scene) => {
      const { world } = scene;
      const quiet = (): Readonly<Record<string, number>> => {
        scene.oneViewWithin('in the quiet', 30_000);
        // Links that carry no call are closed after a minute; an end of a flap is remembered for as long.
        world.advance(130_000);
        scene.expect(world.isOneView(), `roots differ when quiet: ${world.viewProblem()}`);
        return tablesOf(scene);
      };
      const before = quiet();
      // 1 % a minute of 50 members for 20 min, and at least ten in all.
      for (let turn = 0; turn < 10; turn += 1) {
        const name = scene.one();
        world.kill(scene.addressOf(name));
        world.advance(scene.between(100, 15_000));
        scene.start(name, { hasMemory: scene.random.next() < 0.5 });
        world.advance(scene.between(1_000, 15_000));
      }
      const after = quiet();
      for (const [table, count] of Object.entries(after)) {
        // A dial to a member by chance may be under way at either look, and no more than that.
        const most = (before[table] ?? 0) + (table === 'timers' ? scene.names.length / 2 : 0);
        scene.expect(count <= most, `${table} grew from ${before[table]} to ${count}`);
      }
    },
  },
];
