/** A function that fails for as long as it is told to, and says each time that trying again is fine. */

import { defineFunction } from '../src/fabric/api/define.ts';

export function sickFunction() {
  const state = { isBroken: true, runs: 0 };
  const sick = defineFunction({
    name: 'sick',
    effect: 'idempotent',
    handler: () => {
      state.runs += 1;
      if (state.isBroken) throw Object.assign(new Error('the disk is gone'), { retryable: true });
      return 'well';
    },
  });
  return { state, sick };
}
