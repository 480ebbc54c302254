/**
 * The activities of one member, made once and introduced to one another. Each is a file of this folder; the tables that they
 * share are state.ts, and who is fed what is gossip.ts.
 */

import { Adopting } from './adopting.ts';
import { Announcing } from './announcing.ts';
import { Beating } from './beating.ts';
import { BodyStore } from './bodies.ts';
import { CallLinks } from './call-links.ts';
import { Detector } from './detector.ts';
import { Dialling } from './dialling.ts';
import { Dials } from './dials.ts';
import { FirstSync } from './first-sync.ts';
import { Greeting } from './greeting.ts';
import { Healing } from './healing.ts';
import { Intake } from './intake.ts';
import { Joining } from './joining.ts';
import { Judging } from './judging.ts';
import { MassGuard } from './mass-guard.ts';
import { Meeting } from './meeting.ts';
import { Naming } from './naming.ts';
import { Probing } from './probing.ts';
import { Provenance } from './provenance.ts';
import { Reading } from './reading.ts';
import { Rumours } from './rumours.ts';
import { Sampling } from './sampling.ts';
import { Spread } from './spread.ts';
import type { MeshState } from './state.ts';
import { Sync } from './sync.ts';
import { Trusting } from './trusting.ts';

export type Activities = ReturnType<typeof activitiesOf>;

export function activitiesOf(state: MeshState) {
  const dials = new Dials(state);
  const spread = new Spread(state);
  const bodies = new BodyStore(state);
  const announcing = new Announcing(state, { spread, bodies });
  const naming = new Naming(state, dials, () => announcing.spreadSelf());
  const provenance = new Provenance(state, bodies);
  const intake = new Intake(state, { spread, naming, bodies, provenance });
  const sync = new Sync(state, (record, from) => intake.take(record, from, true));
  const probing = new Probing(state, dials);
  const guard = new MassGuard(state, announcing);
  const rumours = new Rumours(state);
  const judging = new Judging(state, { intake, guard });
  const detector = new Detector(state, { spread, probing, announcing, judging, guard, rumours });
  const dialling = new Dialling(state, dials);
  const trusting = new Trusting(state, { provenance, detector, dialling });
  const healing = new Healing(state, dials);
  const beating = new Beating(state);
  const adopting = new Adopting(state, { dialling, spreadSelf: () => announcing.spreadSelf() });
  const sampling = new Sampling(state, { dials, dialling });
  const callLinks = new CallLinks(state, dialling);
  const firstSync = new FirstSync(state, { sync, intake, dialling });
  const joining = new Joining(state, { spread, bodies, firstSync });
  const greeting: Greeting = new Greeting(state, {
    dials,
    naming,
    accepted: (link, hello) => meeting.linkUp(link, { greeter: hello, isDialler: false }),
  });
  const parts = {
    dials,
    spread,
    bodies,
    announcing,
    naming,
    provenance,
    intake,
    sync,
    probing,
    guard,
    judging,
    detector,
    dialling,
    healing,
  };
  const meeting: Meeting = new Meeting(state, { ...parts, beating, sampling, joining, greeting, firstSync });
  const reading = new Reading(state, { ...parts, adopting, firstSync, joining, greeting, meeting });
  return { ...parts, rumours, beating, sampling, trusting, adopting, firstSync, callLinks, joining, greeting, meeting, reading };
}
