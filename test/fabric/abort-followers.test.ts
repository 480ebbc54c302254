/** Many calls on one signal: G1 and G2 of src/fabric/call/abort-followers.ts. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { AbortFollowers } from '../../src/fabric/call/abort-followers.ts';

describe('calls that follow one signal', () => {
  it('share one listener, which goes with the last of them (G1)', () => {
    const aborts = new AbortFollowers();
    const { signal } = new AbortController();
    const leave = Array.from({ length: 100 }, () => aborts.follow(signal, () => {}));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const one of leave) {
      one();
      one();
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    aborts.follow(signal, () => {});
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });

  it('are told once, the newest first, and not when another took them along (G2)', () => {
    const aborts = new AbortFollowers();
    const controller = new AbortController();
    const told: string[] = [];
    const follow = (name: string) => aborts.follow(controller.signal, (reason) => told.push(`${name} ${String(reason)}`));
    follow('oldest');
    const leaveTaken = follow('taken');
    aborts.follow(controller.signal, () => leaveTaken());
    follow('newest');
    controller.abort('enough');
    expect(told).toEqual(['newest enough', 'oldest enough']);
  });
});
