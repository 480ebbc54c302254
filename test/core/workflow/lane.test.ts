import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { Lane } from '../../../src/core/workflow/lane.ts';

const random = seededRandom('lane');

function laneWith(inFlight: number): Lane {
  const lane = new Lane('f');
  for (let call = 0; call < inFlight; call += 1) lane.started();
  return lane;
}

/** Calls that the lane lets start now. */
function roomOf(lane: Lane, nowMs = 0): number {
  let room = 0;
  for (; room < 1_000 && lane.hasRoom(nowMs); room += 1) lane.started();
  return room;
}

describe('a lane', () => {
  it('N1: holds nothing back before it knows anything', () => {
    expect(roomOf(laneWith(0))).toBe(1_000);
  });

  it('N1: a reply without a free place narrows it to what is in flight', () => {
    const lane = laneWith(10);
    lane.answered(0);
    expect(roomOf(lane)).toBe(0);
    lane.answered(1);
    expect(roomOf(lane)).toBe(1);
  });

  it('N1: a reply with free places widens it by them, and one without limit opens it', () => {
    const lane = laneWith(3);
    lane.answered(0);
    lane.answered(5);
    expect(roomOf(lane)).toBe(5);
    lane.answered(undefined);
    expect(roomOf(lane)).toBe(1_000);
  });

  it('N2: overloaded pauses it, longer each time, up to 2 s', () => {
    const lane = laneWith(0);
    let nowMs = 0;
    let longest = 0;
    for (let pause = 0; pause < 20; pause += 1) {
      lane.started();
      lane.shed(nowMs, 50, random);
      expect(lane.hasRoom(nowMs)).toBe(false);
      const pauseMs = lane.pausedUntilMs - nowMs;
      expect(pauseMs).toBeGreaterThanOrEqual(50);
      longest = Math.max(longest, pauseMs);
      nowMs = lane.pausedUntilMs;
      expect(lane.hasRoom(nowMs)).toBe(true);
    }
    expect(longest).toBeGreaterThan(200);
    expect(longest).toBeLessThanOrEqual(1_050);
  });

  it('N2: many refusals at once count as one, and a free place ends the pause', () => {
    const lane = laneWith(200);
    for (let refusal = 0; refusal < 190; refusal += 1) lane.shed(0, 20, random);
    expect(lane.pausedUntilMs).toBeLessThanOrEqual(30);
    lane.answered(1);
    expect(roomOf(lane)).toBe(1);
  });

  it('N3: with nothing in flight it may start one after its pause', () => {
    const lane = laneWith(1);
    lane.shed(0, 20, random);
    expect(roomOf(lane, 1_000)).toBe(1);
  });
});
