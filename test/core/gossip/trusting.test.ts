/**
 * A running member that loses trust: T2 of trusting.ts and N3 of known-keys.ts, on real keys and certificates.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import { Authority } from '../../certificates.ts';
import { Signer } from '../../sealed.ts';
import { Cast, type SealedRig } from './sealed-rig.ts';

const cast = new Cast();
const { ca, startMs, wallMs, a, b, c } = cast;

let rig: SealedRig;
beforeEach(() => {
  rig = cast.begin();
});

describe('a member whose key counts no longer', () => {
  /** What was said and done about them since; their links are closed, as they are to be. */
  const distrusted = (): readonly string[] => {
    const effects = rig.take();
    for (const effect of effects) if (effect.kind === 'close') rig.feed({ kind: 'linkDown', link: effect.link, evidence: 'local' });
    return effects.flatMap((effect) => {
      if (effect.kind === 'note' && effect.note.kind === 'member.distrusted') return [`${effect.note.name} ${effect.note.reason}`];
      if (effect.kind === 'close') return [`close ${effect.link}`];
      return effect.kind === 'dial' ? [`dial ${effect.address}`] : [];
    });
  };
  const saidOf = (said: readonly string[]): readonly string[] => said.filter((text) => text.endsWith('_key')).sort();

  test('T2: is told of, its link is closed, it is dialled, and whoever it is with stays', () => {
    const short = new Signer('b', ca.server('b', -1 + 1 / 60), { wallMs });
    rig.introduce(short, c);
    rig.advance(6_000);
    rig.take();
    // The certificate was good for a minute more; clocks may differ by five.
    cast.nowMs = startMs + 5 * 60_000;
    rig.advance(2_500);
    expect([distrusted(), rig.statusOf('b')]).toEqual([[], 'alive']);
    cast.nowMs = startMs + 8 * 60_000;
    rig.advance(2_050, ['b']);
    expect(distrusted()).toEqual(['b stale_key', 'close 1', 'dial b:1']);
    expect([rig.statusOf('b'), rig.statusOf('c')]).toEqual(['suspect', 'alive']);
    rig.advance(10_000);
    expect(saidOf(distrusted())).toEqual([]);
  });

  test('N3: is noticed when another CA takes the place of its own', () => {
    rig.introduce(b, c);
    rig.advance(6_000);
    rig.take();
    const other = new Authority();
    a.credentials.replace({ ...other.server('a') });
    try {
      rig.advance(3_900);
      expect(saidOf(distrusted())).toEqual(['b untrusted_key', 'c untrusted_key']);
    } finally {
      a.credentials.replace(ca.server('a'));
    }
  });

  test('is left alone where it has taken other keys since, of which the record has not come', () => {
    const renewed = cast.signer('b');
    rig.introduce(renewed, c);
    for (let times = 0; times < 2; times += 1) {
      renewed.credentials.replace(ca.server('b'));
      renewed.key.renew();
      rig.hear('c', { kind: 'suspect', reports: [renewed.report(c)] });
      rig.give(c, renewed);
    }
    rig.advance(8_000);
    const held = rig.held('b');
    expect(held?.kind === 'member' && cast.seals.check(held.seal, { says: 'report', name: 'b' })?.why).toMatch(/retired/);
    expect(saidOf(distrusted())).toEqual([]);
  });
});
