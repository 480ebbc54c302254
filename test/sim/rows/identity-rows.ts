/**
 * Rows of the fault page about who is who: restarts, ports that others take over, members of another build.
 */

import { slotOf } from '../../../src/core/gossip/record.ts';
import type { FaultRow } from './row.ts';
import { say } from './say.ts';
import type { Scene } from './scene.ts';

const dayMs = 86_400_000;

function epochAt(scene: Scene, by: string, name: string): number | undefined {
  return scene.process(by).gossip.inspection.records.find(name)?.epoch;
}

/** Kills one and starts it anew where it was; gives who it was. */
function restart(scene: Scene, { hasMemory }: { readonly hasMemory: boolean }): string {
  const name = scene.one();
  scene.world.kill(scene.addressOf(name));
  scene.world.advance(scene.between(0, 50));
  scene.start(name, {
    join: scene
      .others(name)
      .slice(0, 3)
      .map((other) => scene.addressOf(other)),
    hasMemory,
  });
  return name;
}

export const identityRows: readonly FaultRow[] = [
  {
    row: '14',
    what: 'restarted with its name on its port: the new epoch wins within 1 s, the old one is refused',
    sizeMin: 2,
    play: (scene) => {
      const epochs = new Map<string, number>();
      for (let round = 0; round < 3; round += 1) {
        const name = restart(scene, { hasMemory: scene.random.next() < 0.5 });
        scene.oneViewWithin(`restart of ${name}`, 1_000);
        const epoch = (epochs.get(name) ?? 1) + 1;
        epochs.set(name, epoch);
        for (const by of scene.names)
          scene.expect(epochAt(scene, by, name) === epoch, `${by} knows epoch ${epochAt(scene, by, name)} of ${name}, not ${epoch}`);
        scene.world.advance(scene.between(200, 3_000));
      }
    },
  },
  {
    row: '15',
    what: 'restarted with its disk lost and its clock a day back: learns its epoch, joins',
    sizeMin: 2,
    play: (scene) => {
      const name = restart(scene, { hasMemory: false });
      scene.process(name).host.clock.step(-dayMs);
      scene.oneViewWithin('joined', 1_000);
      const by = scene.one(scene.others(name));
      scene.expect(epochAt(scene, by, name) === 2, `its epoch is ${epochAt(scene, by, name)}, not 2`);
    },
  },
  {
    row: '16',
    what: 'the port of a dead one is taken by a server of another cluster, or of another pinned uid: never listed',
    sizeMin: 3,
    play: (scene) => {
      const lost = scene.one();
      const rest = scene.others(lost);
      scene.world.kill(scene.addressOf(lost));
      scene.world.advance(scene.between(0, 3_000));
      const isPinned = scene.random.next() < 0.5;
      // The highest uid of all: a lower one would win over that of a fabric that pins none, as two settled ones do on request.
      const whose = isPinned ? { pinUid: 'ff'.repeat(16) } : { cluster: 'other' };
      const join = scene.some(2, rest).map((name) => scene.addressOf(name));
      const stranger = scene.world.start({ name: 'stranger', address: scene.addressOf(lost), join, ...whose });
      for (let turn = 0; turn < 20; turn += 1) {
        scene.world.advance(2_000);
        scene.expect(scene.areGone(['stranger', lost], rest), 'it is listed');
        scene.expect(stranger.gossip.views().length === 1, 'it lists others');
      }
      const refused = stranger.news.find(({ kind }) => kind === 'roundFailed');
      const code = refused?.kind === 'roundFailed' ? refused.refusals[0]?.code : undefined;
      scene.expect(code === 'cluster_mismatch', `it was refused with ${code}`);
      scene.world.kill(scene.addressOf(lost));
    },
  },
  {
    row: '17',
    what: 'records of kinds that only a newer build knows reach everybody, whoever comes later included, byte for byte',
    sizeMin: 3,
    play: (scene) => {
      const author = scene.one();
      const { epoch, instance } = scene.process(author).gossip.inspection.self.record;
      const about = { kind: 'unknown', kindNumber: 9, owner: author, epoch, instance, final: 'none' } as const;
      const raws = [1, 2].map((version) => Uint8Array.from([version, ...scene.random.bytes(1 + scene.random.integer(200))]));
      scene.trouble(4_000);
      scene.world.unknownRecords = 1;
      for (const [at, raw] of raws.entries()) {
        const peer = scene.one([...scene.process(author).gossip.inspection.links.mesh()].map(({ name }) => name));
        say(scene, { from: author, to: peer, message: { kind: 'push', records: [{ ...about, version: at + 1, raw }] } });
        scene.world.advance(scene.between(0, 500));
      }
      const late = scene.start('late');
      scene.oneViewWithin('with the latecomer', 5_000);
      const slot = slotOf({ ...about, version: 1, raw: Uint8Array.of() });
      const knows = (by: string): boolean => {
        const held = scene.process(by).gossip.inspection.records.find(slot);
        return held?.kind === 'unknown' && Buffer.from(held.raw).equals(raws[1] ?? Buffer.of());
      };
      scene.within('everybody holds the last of them', 5_000, () => [...scene.names, late.options.name].every(knows));
    },
  },
];
