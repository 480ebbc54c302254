/**
 * Rows of the fault page about members that are lost to others: without power, stopped, cut off, many at once.
 */

import type { FaultRow } from './row.ts';
import type { Scene } from './scene.ts';

/** Members that hold a link to another: neighbours on the rings, in a small fabric everybody. */
function neighboursOf(scene: Scene, name: string): readonly string[] {
  return scene
    .process(name)
    .gossip.inspection.overlay.neighbours()
    .map((record) => record.owner);
}

export const lostRows: readonly FaultRow[] = [
  {
    row: '4',
    what: 'a host loses power: avoided within 2.2 s, dead within 6 s',
    sizeMin: 3,
    play: (scene) => {
      const lost = scene.one();
      const rest = scene.others(lost);
      scene.trouble(6_000, rest);
      const startMs = scene.world.clock.nowMs();
      scene.world.network.weather.isolate(scene.addressOf(lost));
      scene.within('avoided', 2_200, () => scene.areAvoided([lost], rest));
      scene.within('dead', 6_000 - (scene.world.clock.nowMs() - startMs), () => scene.areGone([lost], rest));
      scene.expect(scene.areAlive(rest, rest), 'the others hold one another alive');
      scene.world.advance(scene.between(0, 20_000));
    },
  },
  {
    row: '5a',
    what: 'stopped for up to 1 s: not even suspected',
    sizeMin: 2,
    play: (scene) => {
      for (let round = 0; round < 4; round += 1) {
        const name = scene.one();
        scene.world.pause(scene.addressOf(name));
        scene.world.advance(scene.between(200, 1_000));
        scene.world.resume(scene.addressOf(name));
        scene.world.advance(scene.between(1_000, 4_000));
      }
      scene.expect(scene.world.accusations.length === 0, `somebody accuses: ${JSON.stringify(scene.world.accusations[0])}`);
    },
  },
  {
    row: '5b',
    what: 'stopped for about 5 s: suspected as stalled, cleared within 1 s after, nobody dead',
    sizeMin: 3,
    play: (scene) => {
      const name = scene.one();
      scene.trouble(5_000, scene.others(name));
      scene.world.pause(scene.addressOf(name));
      scene.world.advance(scene.between(4_000, 6_000));
      const views = scene.others(name).flatMap((by) =>
        scene
          .process(by)
          .gossip.views()
          .filter((view) => view.name === name),
      );
      scene.expect(
        views.some(({ status, evidence }) => status !== 'alive' && evidence.includes('stalled')),
        'nobody suspects it as stalled',
      );
      scene.world.resume(scene.addressOf(name));
      scene.oneViewWithin('cleared', 1_000);
      scene.nobodyBuried();
    },
  },
  {
    row: '5c',
    what: 'stopped for about 30 s: dead everywhere, back with a new epoch',
    sizeMin: 3,
    play: (scene) => {
      const name = scene.one();
      const others = scene.others(name);
      scene.trouble(20_000, others);
      scene.world.pause(scene.addressOf(name));
      scene.world.advance(scene.between(25_000, 35_000));
      scene.expect(scene.areGone([name], others), 'it is dead for everybody');
      scene.world.resume(scene.addressOf(name));
      scene.oneViewWithin('back', 5_000);
      scene.expect(scene.process(others[0] ?? '').gossip.inspection.records.find(name)?.epoch === 2, 'it has a new epoch');
    },
  },
  {
    row: '6',
    what: 'some of the seeds are stopped: a newcomer joins by one that answers within the dial watchdog',
    sizeMin: 4,
    play: (scene) => {
      const stopped = scene.some(scene.between(1, Math.min(3, scene.names.length - 3)));
      for (const name of stopped) scene.world.pause(scene.addressOf(name));
      const answering = scene.one(scene.others(...stopped));
      scene.start('late', { join: [...stopped, answering].map((name) => scene.addressOf(name)) });
      const rest = scene.others(...stopped);
      scene.within('it is there for all that run', 1_200, () => scene.areAlive(['late'], rest));
      for (const name of stopped) scene.world.resume(scene.addressOf(name));
    },
  },
  {
    row: '7',
    what: 'an event loop blocked for 3 s: its owner suspects nobody',
    sizeMin: 2,
    play: (scene) => {
      for (let round = 0; round < 3; round += 1) {
        const name = scene.one();
        scene.world.pause(scene.addressOf(name));
        scene.world.advance(scene.between(2_500, 3_500));
        scene.world.resume(scene.addressOf(name));
        const sinceMs = scene.world.clock.nowMs();
        scene.world.advance(scene.between(4_000, 8_000));
        const guilty = scene.world.accusations.find(({ by, atMs }) => by === name && atMs >= sinceMs);
        scene.expect(guilty === undefined, `${name} accuses ${guilty?.of} at ${guilty?.atMs}`);
      }
      scene.nobodyBuried();
    },
  },
  {
    row: '9',
    what: 'two halves for 2 min: both serve, one view within 15 s after, no restart',
    sizeMin: 2,
    play: (scene) => {
      const left = scene.some(Math.floor(scene.names.length / 2));
      const right = scene.others(...left);
      scene.world.split(left.map((name) => scene.addressOf(name)));
      scene.trouble(110_000);
      scene.world.advance(120_000);
      for (const side of [left, right]) scene.expect(scene.areAlive(side, side), 'a half holds its own alive');
      scene.expect(scene.areAvoided(right, left) && scene.areAvoided(left, right), 'a half avoids the other');
      scene.world.heal();
      scene.oneViewWithin('after the heal', 15_000);
      scene.expect(scene.world.live().length === scene.names.length, 'somebody stopped');
    },
  },
  {
    row: '10',
    what: 'one direction of one link is lost: nobody is buried, each of the two routes round the other, the rest hold both alive',
    sizeMin: 3,
    play: (scene) => {
      const a = scene.one();
      const b = scene.one(neighboursOf(scene, a));
      const rest = scene.others(a, b);
      scene.trouble(40_000, rest);
      scene.world.cut(scene.addressOf(a), scene.addressOf(b));
      // Long before TCP gives up: the one that hears must have learned from what the other acknowledges.
      scene.within('each avoids the other', 5_000, () => scene.areAvoided([b], [a]) && scene.areAvoided([a], [b]));
      for (let second = 0; second < 35; second += 1) {
        scene.world.advance(1_000);
        scene.expect(scene.areAlive([a, b], rest), `a third one holds ${a} or ${b} not alive`);
        scene.expect(scene.areAvoided([b], [a]) && scene.areAvoided([a], [b]), `${a} or ${b} takes the other for alive again`);
      }
      scene.nobodyBuried();
    },
  },
  {
    row: '11',
    what: '30 % are lost at once: avoided within 10 s, convictions frozen, all back as they were',
    sizeMin: 14,
    play: (scene) => {
      const rack = scene.some(Math.round(0.3 * scene.names.length));
      const rest = scene.others(...rack);
      const isPower = scene.random.next() < 0.5;
      if (isPower) for (const name of rack) scene.world.network.weather.isolate(scene.addressOf(name));
      else scene.world.split(rack.map((name) => scene.addressOf(name)));
      scene.within('avoided by all', 10_000, () => scene.areAvoided(rack, rest));
      for (let turn = 0; turn < 20; turn += 1) {
        scene.world.advance(scene.between(1_000, 4_000));
        scene.expect(scene.areAvoided(rack, rest), 'a lost one is taken for alive again');
        scene.expect(scene.areAlive(rest, rest), 'those that are left hold one another alive');
      }
      scene.world.heal();
      scene.oneViewWithin('after the return', 15_000);
      scene.nobodyBuried();
    },
  },
];
