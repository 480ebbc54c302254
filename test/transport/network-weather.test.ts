import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../src/base/random.ts';
import { NetworkWeather } from '../../src/transport/network-weather.ts';

function delays(weather: NetworkWeather, count: number): readonly number[] {
  return Array.from({ length: count }, () => weather.delayMs('a', 'b'));
}

describe('the weather between processes', () => {
  test('makes of loss what TCP does: a share comes 200 ms later, of that share one 600 ms later (X1)', () => {
    const weather = new NetworkWeather({ delayMs: 1, loss: 0.2, random: seededRandom('loss') });
    const all = delays(weather, 20_000);
    const share = (ms: number): number => all.filter((delayMs) => delayMs === ms).length / all.length;
    expect(share(1)).toBeCloseTo(0.8, 1);
    expect(share(201)).toBeCloseTo(0.16, 1);
    expect(share(601)).toBeCloseTo(0.032, 1);
    expect(Math.max(...all)).toBeLessThan(60_000);
  });

  test('loses the most of what is asked for at once, and what it was made with in the end', () => {
    const weather = new NetworkWeather({ loss: 0.01 });
    const [endFirst, endSecond] = [weather.addLoss(0.2), weather.addLoss(0.1)];
    expect(weather.loss).toBe(0.2);
    endFirst();
    expect(weather.loss).toBe(0.1);
    endSecond();
    expect(weather.loss).toBe(0.01);
  });

  test('answers the same under the same seed, and no two packets alike (X2)', () => {
    const made = (seed: string) => delays(new NetworkWeather({ jitterMs: 1, loss: 0.1, random: seededRandom(seed) }), 50);
    expect(made('7')).toEqual(made('7'));
    expect(made('7')).not.toEqual(made('8'));
    expect(new Set(made('7')).size).toBe(50);
  });

  test('cuts one way, both ways, off, and in two; and is whole again (X3)', () => {
    const weather = new NetworkWeather();
    let changes = 0;
    weather.onChange(() => {
      changes += 1;
    });
    weather.cut('a', 'b');
    expect([weather.isCut('a', 'b'), weather.isCut('b', 'a'), weather.isWhole('b', 'a')]).toEqual([true, false, false]);
    weather.isolate('c');
    expect([weather.isCut('c', 'a'), weather.isCut('a', 'c'), weather.isCut('c', 'c')]).toEqual([true, true, false]);
    weather.split(['d', 'e']);
    expect([weather.isCut('d', 'e'), weather.isCut('d', 'a'), weather.isCut('b', 'e')]).toEqual([false, true, true]);
    weather.healAll();
    expect(['a', 'b', 'c', 'd', 'e'].every((one) => ['a', 'b', 'c', 'd', 'e'].every((other) => !weather.isCut(one, other)))).toBe(true);
    expect(changes).toBe(4);
  });
});
