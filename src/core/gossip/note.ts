/**
 * What the mesh reports about itself: never a decision, always a fact that a person may want to see.
 */

import type { Accusation } from './record.ts';
import type { SealProblem } from './seals.ts';

interface AboutMember {
  readonly name: string;
  readonly instance: string;
}

export type MeshNote =
  /** A member is known and alive. */
  | ({ readonly kind: 'member.joined'; readonly url: string; readonly epoch: number } & AboutMember)
  /** Evidence of our own, or a report of somebody else, stands against a member. */
  | ({ readonly kind: 'member.suspected'; readonly evidence: readonly Accusation[]; readonly isOwnEvidence: boolean } & AboutMember)
  /** The evidence is void: it answered, or raised its incarnation. */
  | ({ readonly kind: 'member.refuted' } & AboutMember)
  /** It cannot be reached from here, and is not buried: nobody may, or nobody has in the time that it takes. */
  | ({ readonly kind: 'member.unreachable'; readonly evidence: readonly Accusation[] } & AboutMember)
  /** It has come and gone too often: ranked last for so long. */
  | ({ readonly kind: 'member.flapped'; readonly forMs: number } & AboutMember)
  | ({ readonly kind: 'member.died'; readonly observers: readonly string[] } & AboutMember)
  | ({ readonly kind: 'member.leaving' } & AboutMember)
  | ({ readonly kind: 'member.left' } & AboutMember)
  /** What an owner announced is against a limit; it is not taken. */
  | { readonly kind: 'member.rejected'; readonly name: string; readonly why: string }
  /** A member changes what it says of itself more often than is looked at: `count` of its words waited since it was told last. */
  | { readonly kind: 'member.hurried'; readonly name: string; readonly count: number }
  /**
   * What `from` passed on is not taken, because it is not proved to be the word of the member that it names; told once in ten
   * seconds for each member and reason, with how many there were.
   */
  | {
      readonly kind: 'record.refused';
      readonly name: string;
      readonly reason: SealProblem;
      readonly from: string;
      readonly why: string;
      readonly count: number;
    }
  /** A member can no longer prove who it is: its key, or the certificate that vouches for it, has ended or is not trusted here any more. */
  | ({ readonly kind: 'member.distrusted'; readonly reason: SealProblem; readonly why: string } & AboutMember)
  /** A greeting was refused, by us or by them. */
  | {
      readonly kind: 'greeting.refused';
      readonly address: string;
      readonly code: RefusalCode;
      readonly byUs: boolean;
      readonly message: string;
    }
  /** This server raised its own epoch. */
  | { readonly kind: 'epoch.raised'; readonly epoch: number; readonly why: string }
  /** This server takes the uid of the cluster that it met. */
  | { readonly kind: 'cluster.settled'; readonly uid: string }
  /** None of the addresses of `join` answers; said at most once a minute. */
  | { readonly kind: 'join.failing'; readonly addresses: readonly string[]; readonly sinceMs: number }
  /** This server's own event loop was late by `lateMs`; deadlines of others are shifted. */
  | { readonly kind: 'loop.stalled'; readonly lateMs: number }
  /** Most links went silent at once: this server neither reports nor convicts on silence until half are back. */
  | { readonly kind: 'mesh.isolated'; readonly isIsolated: boolean }
  /** Too few of its observers reach this server: these observe it as well. Empty: the observers are enough again. */
  | { readonly kind: 'mesh.adopted'; readonly adopters: readonly string[] }
  /** A member that was asked to observe this server does not. */
  | { readonly kind: 'adoption.refused'; readonly name: string; readonly code: AdoptionRefusal }
  /** Too many members are suspect at once, or no longer: this server convicts nobody meanwhile. */
  | { readonly kind: 'mesh.frozen'; readonly isFrozen: boolean; readonly suspects: number };

/** Why a greeting is refused. */
export type RefusalCode =
  | 'version_mismatch'
  /** A proof of identity was wanted, or was wrong. */
  | 'unauthenticated'
  | 'cluster_mismatch'
  | 'name_taken'
  | 'draining'
  | 'overloaded'
  /** It was our own address. */
  | 'self'
  /** The greeting only asked who is there. */
  | 'probe'
  /** The greeting could not be read. */
  | 'protocol_error';

/** Why a member does not adopt: it has adopted enough, does not know the asker, is leaving, or is cut off itself. */
export type AdoptionRefusal = 'full' | 'stranger' | 'leaving' | 'isolated';
