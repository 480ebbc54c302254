/**
 * What this member thinks of every other one, told whenever it changes, and the notes that follow from a change.
 *
 * What was told last is not kept, but where it is more than the record says by itself: of a neighbour, or of a suspect.
 */

import { assert } from '../../base/assert.ts';
import { maySilenceConvict } from './court.ts';
import { isNearTrip } from './links.ts';
import type { Root } from './message.ts';
import type { Accusation, MemberRecord, OwnerRecord } from './record.ts';
import type { MeshState } from './state.ts';
import { isHard } from './suspicion.ts';
import type { MemberStatus, MemberView } from './view.ts';

interface Opinion {
  readonly status: MemberStatus;
  readonly evidence: readonly Accusation[];
  readonly isOwnEvidence: boolean;
}

const noDoubt = { evidence: [], isOwnEvidence: false } as const;

export class Views {
  readonly #state: MeshState;
  /** The views told last that are not plain ones, by name. */
  readonly #told = new Map<string, MemberView>();

  constructor(state: MeshState) {
    this.#state = state;
  }

  /** Tells what has changed since the last call. */
  tell(): void {
    const { touched, records } = this.#state;
    const replaced = records.takeReplaced();
    // As nearly always.
    if (touched.size + replaced.size === 0) return;
    for (const name of replaced.keys()) touched.add(name);
    for (const name of touched) this.#tellOne(name, replaced);
    touched.clear();
  }

  /** Every member that has not ended, as it is seen now, by name. */
  current(): readonly MemberView[] {
    const state = this.#state;
    const views = [...state.members()].map((record) => viewOf(record, state, { before: undefined, opinion: opinionOf(record, state) }));
    return views.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #tellOne(name: string, replaced: ReadonlyMap<string, OwnerRecord | undefined>): void {
    const record = this.#state.records.find(name);
    if (!record || record.kind === 'unknown') return;
    const last = replaced.has(name) ? replaced.get(name) : record;
    const told = this.#told.get(name);
    const opinion = opinionOf(record, this.#state);
    const isOut = opinion.status === 'unreachable';
    if (last === record && this.#isKnown(record, opinion, told)) return this.#state.doubts.setOut(record, isOut);
    const before = told ?? (last && plainViewOf(last, this.#state));
    this.#weighFlapping(before, opinion.status, record);
    const view = viewOf(record, this.#state, { before, opinion });
    this.#state.doubts.setOut(record, isOut);
    if (before && isSame(before, view)) return;
    const isOver = view.status === 'left' || view.status === 'dead';
    const wasThere = before !== undefined && before.status !== 'left' && before.status !== 'dead';
    if (wasThere && (isOver || before.instance !== view.instance)) this.#state.tell({ kind: 'gone', view: before });
    this.#note(before, view, record);
    if (isOver || isSame(plainViewOf(record, this.#state), view)) this.#told.delete(name);
    else this.#told.set(name, view);
    if (!isOver) this.#state.tell({ kind: 'changed', view });
  }

  /** Of an unchanged record, that the view of it is the one that was told last: as nearly always. */
  #isKnown(record: OwnerRecord, { status, evidence, isOwnEvidence }: Opinion, told: MemberView | undefined): boolean {
    if (record.kind !== 'member') return false;
    const { links, flaps, nowMs } = this.#state;
    const link = links.to(record.instance);
    const isLinked = link !== undefined;
    const isFlapping = flaps.isDamped(record.owner, record.instance, nowMs);
    if (!told) return status === plainStatusOf(record) && evidence.length === 0 && !isOwnEvidence && !isLinked && !isFlapping;
    return (
      told.status === status &&
      told.isLinked === isLinked &&
      told.isOwnEvidence === isOwnEvidence &&
      told.isFlapping === isFlapping &&
      told.evidence.length === evidence.length &&
      told.evidence.every((accusation, at) => accusation === evidence[at]) &&
      isNearTrip(told.roundTripMs, link?.roundTripMs) &&
      saysSame(told, record)
    );
  }

  /** Before the view is made: a change that damps the member is told together with it. */
  #weighFlapping(before: MemberView | undefined, status: MemberStatus, { owner: name, instance }: OwnerRecord): void {
    if (before?.instance !== instance || !isUpOrDown(before.status) || !isUpOrDown(status)) return;
    if ((before.status === 'alive') === (status === 'alive')) return;
    const forMs = this.#state.flaps.onChange({ name, instance }, this.#state.nowMs);
    if (forMs !== undefined) this.#state.note({ kind: 'member.flapped', name, instance, forMs });
  }

  #note(before: MemberView | undefined, view: MemberView, record: OwnerRecord): void {
    if (view.isSelf) return;
    const { name, instance, evidence } = view;
    const isKnown = before?.instance === instance && before.epoch === view.epoch;
    if (isKnown && before.status === view.status) return;
    switch (view.status) {
      case 'alive':
        if (isKnown) return this.#state.note({ kind: 'member.refuted', name, instance });
        return this.#state.note({ kind: 'member.joined', name, instance, url: view.url, epoch: view.epoch });
      case 'suspect':
        return this.#state.note({ kind: 'member.suspected', name, instance, evidence, isOwnEvidence: view.isOwnEvidence });
      case 'unreachable':
        return this.#state.note({ kind: 'member.unreachable', name, instance, evidence });
      case 'leaving':
        return this.#state.note({ kind: 'member.leaving', name, instance });
      case 'left':
        return this.#state.note({ kind: 'member.left', name, instance });
      case 'dead':
        assert(record.kind === 'obituary', 'only an obituary makes dead');
        return this.#state.note({ kind: 'member.died', name, instance, observers: record.reports.map((report) => report.observer) });
    }
  }
}

/** Neither over nor about to be. */
function isUpOrDown(status: MemberStatus): boolean {
  return status === 'alive' || status === 'suspect' || status === 'unreachable';
}

function viewOf(
  record: OwnerRecord,
  state: MeshState,
  { before, opinion }: { readonly before: MemberView | undefined; readonly opinion: Opinion },
): MemberView {
  assert(record.kind !== 'unknown', 'a record of an unknown kind has no view');
  const body = record.kind === 'member' ? record : before;
  const link = state.links.to(record.instance);
  const isSelf = record.owner === state.self.name && record.instance === state.self.instance;
  const root = isSelf ? state.records.root() : link?.root;
  return {
    name: record.owner,
    instance: record.instance,
    epoch: record.epoch,
    incarnation: body?.incarnation ?? 0,
    url: record.url,
    ...opinion,
    isLinked: link !== undefined,
    isSelf,
    isFlapping: state.flaps.isDamped(record.owner, record.instance, state.nowMs),
    resources: body?.resources ?? [],
    bodyHash: body?.bodyHash ?? '',
    ...(link?.roundTripMs === undefined ? {} : { roundTripMs: link.roundTripMs }),
    ...(root === undefined ? {} : { root: rootText(root) }),
  };
}

/** What a record says by itself, in the eyes of one that has no link to its owner and nothing against it. */
function plainViewOf(record: OwnerRecord, { self }: MeshState): MemberView {
  const body = record.kind === 'member' ? record : undefined;
  return {
    name: record.owner,
    instance: record.instance,
    epoch: record.epoch,
    incarnation: body?.incarnation ?? 0,
    url: record.kind === 'unknown' ? '' : record.url,
    status: body ? plainStatusOf(body) : 'dead',
    evidence: evidenceOf(record),
    isOwnEvidence: false,
    isLinked: false,
    isSelf: record.owner === self.name && record.instance === self.instance,
    isFlapping: false,
    resources: body?.resources ?? [],
    bodyHash: body?.bodyHash ?? '',
  };
}

function plainStatusOf({ final, isLeaving }: MemberRecord): MemberStatus {
  if (final === 'left') return 'left';
  return isLeaving ? 'leaving' : 'alive';
}

function rootText({ high, low }: Root): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

function opinionOf(record: OwnerRecord, state: MeshState): Opinion {
  if (record.final === 'left') return { status: 'left', ...noDoubt };
  if (record.kind !== 'member') return { status: 'dead', evidence: evidenceOf(record), isOwnEvidence: false };
  const isSelf = record.instance === state.self.instance;
  if (record.isLeaving) return { status: 'leaving', ...noDoubt };
  if (isSelf) return { status: 'alive', ...noDoubt };
  const own = state.suspicions.own(record.owner);
  if (own?.instance === record.instance) {
    const isOut = state.doubts.isFrozen || isBeyondBurial(record, state, own);
    return { status: isOut ? 'unreachable' : 'suspect', evidence: own.evidence, isOwnEvidence: true };
  }
  if (state.liveLinkTo(record.instance)) return { status: 'alive', ...noDoubt };
  const evidence = state.suspicions.hearsay(record, state.nowMs);
  if (state.doubts.isFrozen && (evidence.length > 0 || state.doubts.isDoubted(record)))
    return { status: 'unreachable', evidence, isOwnEvidence: false };
  return evidence.length === 0 ? { status: 'alive', ...noDoubt } : { status: 'suspect', evidence, isOwnEvidence: false };
}

function evidenceOf(record: OwnerRecord): readonly Accusation[] {
  return record.kind === 'obituary' ? [...new Set(record.reports.flatMap((report) => report.evidence))].sort() : [];
}

/** Own evidence that nobody can turn into an obituary, or that has not become one in the time it takes. */
function isBeyondBurial(
  record: MemberRecord,
  state: MeshState,
  own: { readonly sinceMs: number; readonly accusations: ReadonlySet<Accusation>; readonly isChecked: boolean },
): boolean {
  if (!own.isChecked || isHard(own.accusations)) return false;
  if (!maySilenceConvict(record, state)) return true;
  const waitMs = own.accusations.has('stalled') ? state.settings.buryStalledMs : state.settings.burySilentMs;
  return state.nowMs - own.sinceMs > waitMs + state.settings.beatIntervalMs;
}

function isSame(a: MemberView, b: MemberView): boolean {
  return (
    a.status === b.status &&
    a.isLinked === b.isLinked &&
    a.isOwnEvidence === b.isOwnEvidence &&
    a.isFlapping === b.isFlapping &&
    a.evidence.join() === b.evidence.join() &&
    isNearTrip(a.roundTripMs, b.roundTripMs) &&
    saysSame(a, b)
  );
}

/** What the owner says, not what is thought of it. */
function saysSame(a: MemberView, b: Pick<MemberView, 'instance' | 'epoch' | 'incarnation' | 'url' | 'bodyHash' | 'resources'>): boolean {
  return (
    a.instance === b.instance &&
    a.epoch === b.epoch &&
    a.incarnation === b.incarnation &&
    a.url === b.url &&
    a.bodyHash === b.bodyHash &&
    a.resources.length === b.resources.length &&
    a.resources.every((resource, at) => resource === b.resources[at])
  );
}
