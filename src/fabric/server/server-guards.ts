/**
 * What the rooms of a server ask of its state, and may do to it: types only.
 */

import type { HeddleError } from '../../errors.ts';
import type { DrainFollower } from './drain.ts';

/** What the rooms ask of the server's state. */
export interface ServerGuards {
  /** Set while work from outside is refused. */
  readonly refusal: () => HeddleError | undefined;
  /** Set while no further client is let in. */
  readonly sessionRefusal: () => HeddleError | undefined;
  /** Set once the server's own calls are refused. */
  readonly callRefusal: () => HeddleError | undefined;
  /** The fabric wants this server to stop. */
  readonly mustStop: (error: HeddleError) => void;
  /** Somebody wants this server to drain; returns what ends their listening. */
  readonly drain: (follower: DrainFollower) => () => void;
}
