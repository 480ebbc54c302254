/**
 * How the servers of a fabric are doing, for the command line, beside the front door.
 */

import type { Vitals } from '../../observe/vitals.ts';
import type { Client } from '../api/api.ts';
import { FabricClient } from './client.ts';

/** Every server that answers, the one that the client is connected to among them. Asked anew each time; the totals grow. */
export async function readVitals(client: Client): Promise<readonly Vitals[]> {
  // What `connect` gives is this class behind the API's type.
  const known: unknown = client;
  if (!(known instanceof FabricClient)) throw new TypeError('the client is not one that connect gave');
  return known.vitals();
}
