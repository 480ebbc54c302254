/**
 * The frames by which results go from server to server: a pull, and what is said of the leases of those that wait for one.
 */

import type { Parked, Path } from '../core/payload.ts';

/** Send me the bytes of this value. Answered by items, then by a reply whose value is the SHA-256 of the bytes as they were given. */
export interface PullFrame {
  readonly kind: 'pull';
  readonly id: number;
  readonly parked: Parked;
  /** Payload bytes that may be sent before the first credit. */
  readonly credit: number;
  /** Only the part to which this leads; answered by a reply alone: with the part, or with where it is. */
  readonly path?: Path | undefined;
  /** That is a list: its elements are wanted, those that are larger than these bytes divided by its length by themselves. */
  readonly listBytes?: number | undefined;
}

/** About values that the receiver keeps, from the coordinator of their run. Not answered. */
export interface LeaseFrame {
  readonly kind: 'lease';
  /** These stay for `forMs` from now on. */
  readonly renewed: readonly number[];
  readonly forMs: number;
  /** These are not needed any more. */
  readonly released: readonly number[];
  /** From a client: name and instance of the server that keeps them. */
  readonly server?: string | undefined;
  readonly instance?: string | undefined;
}

/** A call waits for the bytes of one of its arguments. */
export interface Pulling {
  /** Whose result it is. */
  readonly step: string;
  /** Name of the server that it comes from; absent: all is there now. */
  readonly server?: string | undefined;
}
