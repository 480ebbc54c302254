/**
 * The mesh of one server, wired: its identity and settings, the transport that dials for it, the links that calls share with it.
 */

import type { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type { Directory } from '../mesh/directory.ts';
import type { Links } from '../mesh/links.ts';
import { Mesh } from '../mesh/mesh.ts';
import type { MeshListeners } from '../mesh/mesh-port.ts';
import { type ProcessIdentity, sealsOf } from './process-identity.ts';
import type { ResolvedServerOptions } from './server-options.ts';
import type { ServerParts } from './server-parts.ts';
import type { SessionNews } from './session-news.ts';
import type { StallWatch } from './stall-watch.ts';

export interface ServerMeshParts {
  readonly options: ResolvedServerOptions;
  readonly parts: ServerParts;
  /** Of this process. */
  readonly identity: ProcessIdentity;
  readonly observer: Observer;
  readonly links: Links;
  readonly directory: Directory;
  readonly stalls: Pick<StallWatch, 'note'>;
  readonly news: SessionNews;
  /** The fabric wants this server to stop. */
  readonly mustStop: (error: HeddleError) => void;
}

/** Not started. `url`: where others reach this server. */
export function meshOf(url: string, wired: ServerMeshParts): Mesh {
  const { options, parts, identity, observer, links, directory, stalls } = wired;
  const { name, cluster, join, resources } = options;
  const { clock, random, transport, tuning, memory } = parts;
  return new Mesh({
    name,
    instance: identity.instance,
    seals: sealsOf(identity, cluster, parts),
    cluster,
    url,
    join,
    resources,
    clock,
    random: random.fork('mesh'),
    pinUid: tuning?.pinUid,
    epoch: memory?.epoch,
    saveEpoch: (epoch) => memory?.saveEpoch(epoch),
    settings: tuning?.mesh,
    ports: {
      dial: (address, hello, timeoutMs) => transport.dial({ address, kind: 'link', hello, timeoutMs }),
      openLink: (link, identity, callbacks) => links.openLink(link, identity, callbacks),
    },
    listeners: listenersOf(wired),
    observe: (note) => {
      // The mesh's beat is one of the timers that tell how long this process stood still.
      if (note.kind === 'loop.stalled') {
        stalls.note(note.lateMs);
        directory.contact.stalled(note.lateMs);
      }
      observer.emit(note);
    },
  });
}

function listenersOf({ links, directory, news, mustStop }: ServerMeshParts): MeshListeners {
  return {
    memberChanged: (view) => {
      directory.memberChanged(view);
      links.setRefusing(view.instance, !view.isLinked && view.isOwnEvidence && view.evidence.includes('refused'));
      news.changed();
    },
    bodyKnown: (view, body) => directory.bodyKnown(view, body),
    memberGone: (view) => {
      directory.memberGone(view);
      links.forget(view.instance);
      news.changed();
    },
    stopped: (error) => mustStop(error),
  };
}
