import { expect, test } from 'vitest';
import { restartAll } from './rolling-restart.ts';

test('fault 36: 200 rolling restarts of five servers under load fail no call and run no `once` call twice', {
  timeout: 3_600_000,
}, async () => {
  let calls = 0;
  for (let seed = 0; seed < 200; seed += 1) calls += await restartAll(`soak ${seed}`);
  console.log(`${calls} calls`);
  expect(calls).toBeGreaterThan(40_000);
});
