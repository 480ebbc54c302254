/**
 * What a server tells over HTTP: `/metrics`, and whether it is alive and ready. Loaded when one is asked for.
 *
 * D1 `/healthz` is 200 while the event loop answers; `/readyz` is 200 from the moment when the server takes work until it drains. Both
 *    are told to everybody: whoever looks after processes has no certificate.
 * D2 counting begins when the listener is opened.
 * D3 with rules, metrics are told to those who may observe this server, by certificate or by a token in `authorization`.
 */

import { HeddleError } from '../../errors.ts';
import { familiesOf } from '../../observe/families.ts';
import type { Observer } from '../../observe/observer.ts';
import { prometheusText } from '../../observe/prometheus.ts';
import type { Credentials } from '../../transport/credentials.ts';
import { type HttpListener, type HttpReply, type HttpRoute, listenHttp } from '../../transport/http-listener.ts';
import type { Doubt } from '../../transport/peer-certificate.ts';
import type { PortChoice } from '../../transport/transport.ts';
import type { Gate } from '../link/gate.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import type { VitalSigns } from './vital-signs.ts';

export interface HttpDoorParts {
  readonly vitals: VitalSigns;
  readonly observer: Observer;
  readonly tls: Credentials | undefined;
  readonly gate: Gate;
  readonly doorkeeper: Doorkeeper;
  /** Why the server takes no work; undefined: it does. */
  readonly unready: () => string | undefined;
}

/** Binds and serves. Throws `bad_settings`. */
export function openHttpDoor(
  where: { readonly host: string; readonly port: PortChoice },
  { vitals, unready, observer, tls, gate, doorkeeper }: HttpDoorParts,
): Promise<HttpListener> {
  const meters = vitals.keepCounting();
  const families = () => familiesOf(meters, vitals.read(), { certificateUntilMs: tls?.untilMs });
  const routes = new Map<string, HttpRoute>([
    ['/healthz', { isPublic: true, reply: () => text(200, 'ok') }],
    ['/readyz', { isPublic: true, reply: () => readiness(unready()) }],
    [
      '/metrics',
      {
        isPublic: false,
        refusal: observersAlone(gate, doorkeeper),
        reply: async () => ({ status: 200, ...(await prometheusText(families())) }),
      },
    ],
  ]);
  const onRefused = (address: string, { reason, why }: Doubt): void => observer.emit({ kind: 'peer.refused', address, reason, why });
  return listenHttp({ ...where, tls, onRefused }, routes);
}

/** D3. */
function observersAlone(gate: Gate, doorkeeper: Doorkeeper): HttpRoute['refusal'] {
  return async ({ authorization, certificate, address }) => {
    if (!gate.hasRules) return undefined;
    try {
      const { identity } = await doorkeeper.admitBearer({ authorization, certificate, address });
      const refusal = gate.refusal(identity.text, { verb: 'observe', name: gate.server, peer: address });
      return refusal && refused(refusal);
    } catch (error) {
      if (HeddleError.is(error)) return refused(error);
      throw error;
    }
  };
}

function refused({ code, message }: HeddleError): HttpReply {
  return text(code === 'unauthenticated' ? 401 : 403, message);
}

function readiness(why: string | undefined): HttpReply {
  return why === undefined ? text(200, 'ready') : text(503, why);
}

function text(status: number, line: string): HttpReply {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` };
}
