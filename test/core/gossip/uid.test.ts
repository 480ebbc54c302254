import { describe, expect, test } from 'vitest';

import { meetUid, type UidMeeting } from '../../../src/core/gossip/uid.ts';

const lowGuess = { uid: '0a', isSettled: false };
const highGuess = { uid: 'f0', isSettled: false };
const low = { uid: '0b', isSettled: true };
const high = { uid: 'f1', isSettled: true };

describe('two servers of one cluster name', () => {
  const cases: readonly (readonly [string, Partial<UidMeeting>, string | undefined])[] = [
    ['keep the lower of two guesses', { ours: highGuess, theirs: lowGuess }, '0a'],
    ['keep the settled uid, also the higher one', { ours: lowGuess, theirs: high }, 'f1'],
    ['refuse each other when both are settled', { ours: low, theirs: high }, undefined],
    ['merge two settled ones over a configured address', { ours: high, theirs: low, isConfigured: true }, '0b'],
    ['refuse every uid but the pinned one', { ours: low, theirs: high, isConfigured: true, pin: 'f1' }, undefined],
    ['let a guess yield to the pinned one', { ours: low, theirs: highGuess, pin: '0b' }, '0b'],
  ];
  test.each(cases)('%s', (_, meeting, uid) => {
    const whole = { ours: low, theirs: low, pin: undefined, isConfigured: false, ...meeting };
    expect(meetUid(whole)).toBe(uid);
    if (whole.pin === undefined) expect(meetUid({ ...whole, ours: whole.theirs, theirs: whole.ours })).toBe(uid);
  });
});
