/**
 * How the servers of a fabric are doing, for the command line, beside the front door.
 */

import type { Vitals } from '../../observe/vitals.ts';
import type { Client } from '../api/api.ts';
import { fabricClientOf } from './client.ts';

/** Every server that answers, the one that the client is connected to among them. Asked anew each time; the totals grow. */
export function readVitals(client: Client): Promise<readonly Vitals[]> {
  return fabricClientOf(client).vitals();
}
