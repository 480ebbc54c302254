/** Prints a run as it happens: each step with the server it ran on and the time it took. */

import type { Run } from 'heddle';

/** Resolves with the server of each step once the run has settled. */
export async function follow(run: Run<unknown>): Promise<ReadonlyMap<string, string>> {
  const serverOf = new Map<string, string>();
  for await (const event of run.events) {
    if (event.kind !== 'step.settled') continue;
    const server = event.server ?? 'nowhere';
    serverOf.set(event.step, server);
    console.log(
      `  ${event.step.padEnd(18)} ${event.outcome.padEnd(8)} on ${server.padEnd(10)} ${event.elapsedMs.toFixed(0).padStart(5)} ms`,
    );
  }
  return serverOf;
}
