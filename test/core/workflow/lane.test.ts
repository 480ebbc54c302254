import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { Lane } from '../../../src/core/workflow/lane.ts';

const random = seededRandom('lane');

/** A lane with the steps 0, 1, 2, ... in flight at one server. */
function laneWith(inFlight: number): Lane {
  const lane = new Lane('f');
  for (let at = 0; at < inFlight; at += 1) start(lane, at);
  return lane;
}

function start(lane: Lane, at: number, server = 's'): void {
  lane.started(at);
  lane.sent(at, server);
}

let fresh = 10_000;

/** Calls that the lane lets start now, if they go to `server`. */
function roomOf(lane: Lane, nowMs = 0, server = 's'): number {
  let room = 0;
  for (; room < 1_000 && lane.hasRoom(nowMs); room += 1) {
    fresh += 1;
    start(lane, fresh, server);
  }
  return room;
}

describe('a lane', () => {
  it('N1: holds nothing back before it knows anything', () => {
    expect(roomOf(laneWith(0))).toBe(1_000);
  });

  it('N1: a reply without a free place narrows it to what is in flight, one with places widens it by them', () => {
    const lane = laneWith(10);
    lane.answered(0, 0);
    expect(roomOf(lane)).toBe(0);
    lane.answered(1, 1);
    expect(roomOf(lane)).toBe(1);
    lane.answered(2, 5);
    expect(roomOf(lane)).toBe(5);
  });

  it('N1: a server without limit opens it', () => {
    const lane = laneWith(3);
    lane.answered(0, 0);
    lane.answered(1, undefined);
    expect(roomOf(lane)).toBe(1_000);
  });

  it('N1: adds up its servers, one that has not answered counting with what it was given', () => {
    const lane = laneWith(4);
    for (const at of [100, 101, 102]) start(lane, at, 'other');
    lane.answered(0, 2);
    expect(roomOf(lane)).toBe(2);
    lane.answered(100, 0);
    expect(roomOf(lane)).toBe(0);
  });

  it('N1: a call that moves to another server is counted there', () => {
    const lane = laneWith(2);
    lane.sent(0, 'other');
    lane.answered(1, 0);
    lane.answered(0, 3);
    expect(roomOf(lane, 0, 'other')).toBe(3);
  });

  it('N2: overloaded pauses it, longer each time, up to the hint and a second', () => {
    const lane = laneWith(0);
    let nowMs = 0;
    let longest = 0;
    for (let pause = 0; pause < 20; pause += 1) {
      start(lane, pause);
      lane.shed(pause, { nowMs, retryAfterMs: 50 }, random);
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
    for (let at = 0; at < 190; at += 1) lane.shed(at, { nowMs: 0, retryAfterMs: 20 }, random);
    expect(lane.pausedUntilMs).toBeLessThanOrEqual(30);
    lane.answered(190, 1);
    expect(roomOf(lane)).toBe(1);
  });

  it('N3: with nothing in flight it may start one after its pause', () => {
    const lane = laneWith(1);
    lane.shed(0, { nowMs: 0, retryAfterMs: 20 }, random);
    expect(roomOf(lane, 1_000)).toBe(1);
  });
});
