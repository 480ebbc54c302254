/**
 * What the machine needs of whoever signs and verifies: a port. Keys, certificates and clocks are behind it.
 *
 * Without one nothing is signed, and nothing that is said needs to be. With one every word about a member is its owner's, and
 * every report its observer's, or it is not taken (provenance.ts).
 */

import type { MemberRecord, Report, Seal } from './record.ts';

/** Why a word is not taken for the word of whom it names. */
export type SealProblem =
  /** It bears no signature. */
  | 'unsigned'
  /** Nobody who was asked has the key's statement. */
  | 'unknown_key'
  /** Its time is over or still to come, or the server has retired it. */
  | 'stale_key'
  /** Whose key it is, is not proved. */
  | 'untrusted_key'
  /** It is the key of somebody else. */
  | 'wrong_signer'
  /** These bytes were not signed with it. */
  | 'bad_signature';

export interface SealDoubt {
  readonly reason: SealProblem;
  /** For people. */
  readonly why: string;
}

/** Whose word something has to be: what a process says of itself, or what a member reports of another. */
export type Signer =
  | { readonly says: 'record'; readonly name: string; readonly instance: string }
  | { readonly says: 'report'; readonly name: string };

export interface Seals {
  /** The statement about the key in use, by its hash: others ask for it as for a catalog body. */
  readonly statement: { readonly hash: string; readonly bytes: Uint8Array };
  /** The random bytes, in hex, of which this process's instance is made. */
  readonly instanceProof: string;
  sealRecord(record: MemberRecord): MemberRecord;
  sealReport(report: Report): Report;
  /** Takes another key where it is time to. True: what is said from now on bears it. Called every two seconds. */
  renew(): boolean;
  /** What is wrong with a signature; undefined: nothing. The same one costs once. */
  check(seal: Seal | undefined, signer: Signer): SealDoubt | undefined;
  /**
   * Why a key that was good counts no longer: its time is over, or its certificate is not trusted any more. Undefined: it counts, or
   * was followed by another. `unknown_key`: its statement has to be learned again first.
   */
  lapseOf(key: string): SealDoubt | undefined;
  /** A statement has come, by its hash. Whether it proves anything is told by `check`. */
  learn(hash: string, statement: Uint8Array): void;
}
