/**
 * Clients of server processes on a machine that is busy: one dial may not be answered in its second.
 */

import { type Client, connect } from 'heddle';

const dialsMax = 10;

/** As `connect`. Throws what the last dial said. */
export async function connected(...to: Parameters<typeof connect>): Promise<Client> {
  for (let left = dialsMax; ; left -= 1) {
    try {
      return await connect(...to);
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}
