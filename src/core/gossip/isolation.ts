/**
 * Whether it is us who are cut off: while over half of our links have gone silent at once we serve and heal, but neither
 * report nor convict on silence.
 *
 * I1 over half of the links lost to silence within 10 s, two or more (N >= 3), isolate; half of them back end it.
 * I2 a refused connection is no silence: the host answered.
 */

import type { MeshState } from './state.ts';

const windowMs = 10_000;

/** Weighs it anew; notes every change. */
export function weighIsolation(state: MeshState): void {
  const { nowMs, suspicions, links } = state;
  let silent = 0;
  let recent = 0;
  const names = suspicions.names();
  // As nearly always.
  if (names.length === 0 && !state.isIsolated) return;
  for (const name of names) {
    const own = suspicions.own(name);
    const record = own && state.findMember(name);
    if (!own || record?.instance !== own.instance || record.isLeaving || own.accusations.has('refused')) continue;
    silent += 1;
    if (nowMs - own.sinceMs <= windowMs) recent += 1;
  }
  let working = 0;
  for (const link of links.mesh()) {
    if (!link.isSilent(state.settings, state) && suspicions.own(link.name)?.instance !== link.instance) working += 1;
  }
  const all = silent + working;
  const isIsolated = all >= 2 && (state.isIsolated ? 2 * silent > all : 2 * recent > all);
  if (isIsolated === state.isIsolated) return;
  state.isIsolated = isIsolated;
  state.note({ kind: 'mesh.isolated', isIsolated });
}
