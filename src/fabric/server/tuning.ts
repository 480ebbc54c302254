/**
 * What only an operator turns: the knobs of settings.toml that are no options of `startServer`.
 *
 * Every one has a default in the room that uses it. The second parameter of `startServer` takes them; a program
 * seldom needs it.
 */

import type { MeshSettings } from '../../core/gossip/settings.ts';
import type { HandOffSettings } from '../hand-off/hand-off-settings.ts';
import type { IdentityLimits } from '../link/accounts.ts';
import type { JoinPort } from './join-door.ts';

export interface ServerTuning {
  /** Lets newcomers in by a token (`heddle serve --share`); default: nobody is. Needs TLS. */
  readonly share?: JoinPort | undefined;
  /** How long a drain waits for calls under way; default 25,000. */
  readonly drainGraceMs?: number | undefined;
  /** Join only the cluster of this unique id. */
  readonly pinUid?: string | undefined;
  /** Pings on every connection; default 10,000 and 5,000. */
  readonly keepalive?: { readonly timeMs: number; readonly timeoutMs: number } | undefined;
  readonly mesh?: Partial<MeshSettings> | undefined;
  /** What one client may take of this server. */
  readonly identityLimits?: Partial<IdentityLimits> | undefined;
  /** Of large results that go from server to server. */
  readonly handOff?: Partial<HandOffSettings> | undefined;
}
