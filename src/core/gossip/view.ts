/**
 * A member as one server sees it: the owner's record with what this server thinks of it.
 */

import type { Accusation } from './record.ts';

/**
 * `suspect`: evidence against it, not yet old enough. `unreachable`: not reachable from here, and not buried in the time that it takes.
 * `leaving` and `left` are the owner's own word; `dead` is an obituary.
 */
export type MemberStatus = 'alive' | 'suspect' | 'unreachable' | 'leaving' | 'left' | 'dead';

export interface MemberView {
  readonly name: string;
  readonly instance: string;
  readonly epoch: number;
  readonly incarnation: number;
  /** `host:port`. */
  readonly url: string;
  readonly status: MemberStatus;
  /** What stands against it; empty when it is alive. */
  readonly evidence: readonly Accusation[];
  /** The evidence is this server's own; false: hearsay. */
  readonly isOwnEvidence: boolean;
  /** A link of our own is up. */
  readonly isLinked: boolean;
  readonly isSelf: boolean;
  /** It has come and gone too often lately: ranked last for a while. */
  readonly isFlapping: boolean;
  readonly resources: readonly string[];
  /** Content hash of its catalog body; empty while it offers nothing. */
  readonly bodyHash: string;
  /** Shortest round trip of the last beats; absent without a link. */
  readonly roundTripMs?: number | undefined;
  /** Hash of all that it knows, 16 digits in hex, by its last beat; absent where none has come. */
  readonly root?: string | undefined;
}
