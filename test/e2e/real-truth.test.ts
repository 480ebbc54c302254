/** A call never lies, with real processes: a short run; the long ones are real-truth.soak.ts. */
import { expect, test } from 'vitest';
import { Stage } from './processes.ts';
import { RealTruthRun } from './real-truth.ts';

const stage = new Stage();

test('`executed` is true while an owner, an entry and a client are killed and a server is stopped', async () => {
  const { problems, told, struck } = await new RealTruthRun(stage, '1').run(4);
  console.log(`${struck.join(', ')}:`, told);
  expect(problems).toEqual([]);
  expect(told['yes ok'] ?? 0).toBeGreaterThan(100);
});
