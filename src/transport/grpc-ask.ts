/**
 * One question to a server with which there is no link yet, over a connection of its own: how a newcomer asks to join.
 */

import type { Clock } from '../base/clock.ts';
import { HeddleError } from '../errors.ts';
import { Credentials } from './credentials.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { defaultKeepalive, joinMethod } from './grpc-options.ts';
import { knock, type Place, parseAddress } from './knock.ts';
import { ignoreDone } from './message-stream.ts';
import { anybody } from './tls-dial.ts';
import type { Evidence } from './transport.ts';

export interface Asking {
  readonly clock: Clock;
  /** `host:port`. */
  readonly address: string;
  readonly message: Uint8Array;
  /** PEM of who has to have certified the server; undefined: whoever answers is heard, and nothing secret may be asked. */
  readonly ca: string | undefined;
  readonly timeoutMs: number;
}

export interface Told {
  readonly message: Uint8Array;
  /** The asker's own address, by which it reached the server. */
  readonly localAddress: string;
}

/** Asks `Mesh.Join`. Rejects with `unreachable` or `unauthenticated`. */
export async function askToJoin(asking: Asking): Promise<Told> {
  const place = parseAddress(asking.address);
  if (!place) throw unreachable(asking.address, 'unresolved', 'an address is host:port');
  return await new Promise((resolve, reject) => {
    let undo: () => void = ignoreDone;
    const cancelWatchdog = asking.clock.schedule(asking.timeoutMs, () => fail('silent', `no answer within ${asking.timeoutMs} ms`));
    const leave = (): void => {
      cancelWatchdog();
      undo();
    };
    const fail = (evidence: Evidence, message: string): void => {
      leave();
      reject(unreachable(asking.address, evidence, message));
    };
    const ask = (found: Place): void => {
      const connection = connectionTo(found, asking);
      undo = () => connection.destroy();
      connection.take({
        onMessage: (message) => {
          const { localAddress = '' } = connection;
          leave();
          resolve({ message, localAddress });
        },
        onEnd: (evidence, message) => {
          const { doubt } = connection;
          if (!doubt) return fail(evidence, message);
          leave();
          reject(new HeddleError('unauthenticated', { server: asking.address, ...doubt }));
        },
      });
      connection.write(Buffer.from(asking.message), ignoreDone);
      connection.end();
    };
    undo = knock(place, { onOpen: ask, onFailed: fail });
  });
}

function connectionTo({ host, port }: Place, { clock, address, ca }: Asking): GrpcConnection {
  const tls = ca === undefined ? anybody : new Credentials({ ca }, { use: 'client', wallMs: () => clock.wallMs() });
  const settings = { keepalive: defaultKeepalive, hasChannelz: false };
  const where = { host, port, path: joinMethod, authority: address };
  return new GrpcConnection({ clock, settings, tls, ...where }, { onMessage: ignoreDone, onEnd: ignoreDone });
}

function unreachable(address: string, evidence: Evidence, message: string): HeddleError {
  return new HeddleError('unreachable', { address, evidence }, { cause: new Error(message) });
}
