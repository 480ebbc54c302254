/**
 * Rows of the fault page about members that are a nuisance, seeds that are not there, and all coming at once.
 */

import type { FaultRow } from './row.ts';
import { say } from './say.ts';
import type { Scene } from './scene.ts';

/** Versions of its record that an owner brings out in a second. */
const versionsPerSecond = 4;

function versionAt(scene: Scene, by: string, name: string): number {
  return scene.process(by).gossip.inspection.records.find(name)?.version ?? 0;
}

export const nuisanceRows: readonly FaultRow[] = [
  {
    row: '31',
    what: 'an owner changes its catalog 100 times a second: heard 4 times a second, nobody else troubled',
    sizeMin: 2,
    play: (scene) => {
      const owner = scene.one();
      const by = scene.one(scene.others(owner));
      const before = versionAt(scene, by, owner);
      const seconds = scene.between(3, 8);
      let last = '';
      for (let turn = 0; turn < 100 * seconds; turn += 1) {
        last = scene.publish(owner, `offer ${turn}`);
        scene.world.advance(10);
      }
      const versions = versionAt(scene, by, owner) - before;
      scene.expect(versions <= versionsPerSecond * seconds + 1, `${versions} versions in ${seconds} s`);
      const hasLast = (name: string): boolean =>
        scene
          .process(name)
          .gossip.views()
          .some((view) => view.name === owner && view.bodyHash === last);
      scene.within('everybody knows the last', 500, () => scene.others(owner).every(hasLast));
      scene.expect(scene.world.accusations.length === 0, 'somebody is accused');
    },
  },
  {
    row: '32',
    what: 'a member floods suspicion about a healthy one: no effect, and at most 4 refutations a second',
    sizeMin: 5,
    play: (scene) => {
      const [liar = '', victim = ''] = scene.some(2);
      const peers = [...scene.process(liar).gossip.inspection.links.mesh()].map(({ name }) => name);
      const { instance, gossip } = scene.process(victim);
      for (let second = 0; second < 3; second += 1) {
        const before = gossip.inspection.self.record.version;
        for (let at = 0; at < 200; at += 1) {
          const { epoch, incarnation } = gossip.inspection.self.record;
          const about = { target: victim, epoch, instance, incarnation: incarnation + (at % 3) };
          const observer = at % 5 === 0 ? `nobody${at}` : liar;
          const reports = [{ ...about, observer, evidence: ['refused', 'reset'] as const, ageMs: 60_000 }];
          say(scene, { from: liar, to: scene.one(peers), message: { kind: 'suspect', reports } });
          scene.world.advance(5);
        }
        scene.expect(scene.areAlive([victim], scene.others(victim, liar)), 'somebody believes it');
        const versions = gossip.inspection.self.record.version - before;
        scene.expect(versions <= versionsPerSecond + 1, `${versions} refutations within a second`);
      }
      scene.nobodyBuried();
    },
  },
  {
    row: '33',
    what: 'seeds that are down, or oneself: tries on with backoff, says so once a minute, joins when one is there',
    sizeMin: 2,
    isEmpty: true,
    play: (scene) => {
      const [late = '', ...others] = scene.names;
      const join = [scene.addressOf(late), ...scene.some(3, others).map((name) => scene.addressOf(name))];
      scene.start(late, { join });
      const minutes = scene.between(1, 4);
      scene.world.advance(minutes * 60_000 + 5_000);
      const said = scene.world.notesOf('join.failing');
      scene.expect(said === minutes + 1, `it said so ${said} times in ${minutes} min and 5 s`);
      const dials = join.slice(1).map((seed) => scene.world.dialsTo(seed));
      // Half a second between two tries is the longest that it waits for a seed, half of that with luck.
      scene.expect(Math.max(...dials) <= (minutes * 60 + 5) * 4 + 10, `${Math.max(...dials)} dials of one address`);
      for (const name of others)
        scene.start(name, {
          join: scene
            .some(3, others)
            .map((other) => scene.addressOf(other))
            .filter((other) => other !== scene.addressOf(name)),
        });
      scene.oneViewWithin('with the others', 30_000);
    },
  },
  {
    row: '34',
    what: 'all start at once from 3 seeds: one view within 10 s',
    sizeMin: 4,
    isEmpty: true,
    play: (scene) => {
      for (const name of scene.names) scene.start(name);
      scene.oneViewWithin('after the storm', 10_000);
      scene.nobodyBuried();
    },
  },
];
