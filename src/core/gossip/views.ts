/**
 * What this member thinks of every other one, told whenever it changes, and the notes that follow from a change.
 *
 * What was told last is not kept, but where it is more than the record says by itself: of a neighbour, or of a suspect.
 */

import { assert } from '../../base/assert.ts';
import { courtOf } from './court.ts';
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
    for (const name of replaced.keys()) touched.add(name);
    for (const name of touched) this.#tellOne(name, replaced);
    touched.clear();
  }

  /** Every member that has not ended, as it is seen now, by name. */
  current(): readonly MemberView[] {
    const views = [...this.#state.members()].map((record) => viewOf(record, this.#state, undefined));
    return views.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #tellOne(name: string, replaced: ReadonlyMap<string, OwnerRecord | undefined>): void {
    const record = this.#state.records.find(name);
    if (!record || record.kind === 'unknown') return;
    const last = replaced.has(name) ? replaced.get(name) : record;
    const before = this.#told.get(name) ?? (last && plainViewOf(last, this.#state));
    this.#weighFlapping(before, opinionOf(record, this.#state).status, record);
    const view = viewOf(record, this.#state, before);
    this.#state.doubts.setOut(record, view.status === 'unreachable');
    if (before && isSame(before, view)) return;
    const isOver = view.status === 'left' || view.status === 'dead';
    const wasThere = before !== undefined && before.status !== 'left' && before.status !== 'dead';
    if (wasThere && (isOver || before.instance !== view.instance)) this.#state.tell({ kind: 'gone', view: before });
    this.#note(before, view, record);
    if (isOver || isSame(plainViewOf(record, this.#state), view)) this.#told.delete(name);
    else this.#told.set(name, view);
    if (!isOver) this.#state.tell({ kind: 'changed', view });
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

function viewOf(record: OwnerRecord, state: MeshState, before: MemberView | undefined): MemberView {
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
    ...opinionOf(record, state),
    isLinked: link !== undefined,
    isSelf,
    isFlapping: state.flaps.isDamped({ name: record.owner, instance: record.instance }, state.nowMs),
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
    status: body === undefined ? 'dead' : body.final === 'left' ? 'left' : body.isLeaving ? 'leaving' : 'alive',
    evidence: evidenceOf(record),
    isOwnEvidence: false,
    isLinked: false,
    isSelf: record.owner === self.name && record.instance === self.instance,
    isFlapping: false,
    resources: body?.resources ?? [],
    bodyHash: body?.bodyHash ?? '',
  };
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
    const evidence = [...own.accusations].sort();
    const isOut = state.doubts.isFrozen || isBeyondBurial(record, state, own);
    return { status: isOut ? 'unreachable' : 'suspect', evidence, isOwnEvidence: true };
  }
  if (state.liveLinkTo(record.instance)) return { status: 'alive', ...noDoubt };
  const reports = state.suspicions.hearsay(record, state.nowMs);
  const evidence = [...new Set(reports.flatMap((report) => report.evidence))].sort();
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
  if (!courtOf(record, state).maySilenceConvict) return true;
  const waitMs = own.accusations.has('stalled') ? state.settings.buryStalledMs : state.settings.burySilentMs;
  return state.nowMs - own.sinceMs > waitMs + state.settings.beatIntervalMs;
}

function isSame(a: MemberView, b: MemberView): boolean {
  return (
    a.instance === b.instance &&
    a.epoch === b.epoch &&
    a.incarnation === b.incarnation &&
    a.url === b.url &&
    a.status === b.status &&
    a.isLinked === b.isLinked &&
    a.isOwnEvidence === b.isOwnEvidence &&
    a.isFlapping === b.isFlapping &&
    a.bodyHash === b.bodyHash &&
    a.evidence.join() === b.evidence.join() &&
    a.resources.length === b.resources.length &&
    a.resources.every((resource, at) => resource === b.resources[at])
  );
}
