/**
 * Where a server listens: its port for the fabric and, where they are asked for, its doors for HTTP and for the dashboard.
 * The doors are loaded when they are opened: a server without them does not pay for them.
 */

import { present } from '../../base/assert.ts';
import type { HttpListener } from '../../transport/http-listener.ts';
import { advertisedAddress, authorityOf } from '../../transport/ports.ts';
import type { Listener } from '../../transport/transport.ts';
import type { Listening } from '../api/server-api.ts';
import type { Dashboard } from './dashboard-port.ts';
import type { Doer } from './dashboard-source.ts';
import type { ResolvedServerOptions } from './server-options.ts';
import type { ServerParts } from './server-parts.ts';
import type { ServerRooms } from './server-rooms.ts';

export interface ListenersOptions {
  readonly options: ResolvedServerOptions;
  readonly parts: ServerParts;
  readonly rooms: ServerRooms;
  /** Does what is asked for on the dashboard. */
  readonly server: Doer;
  /** Why the server takes no work; undefined: it does. */
  readonly unready: () => string | undefined;
  /** Throws `closed` once the server was stopped, which it may be while this binds. */
  readonly checkOpen: () => void;
}

export class Listeners {
  readonly #options: ListenersOptions;
  #fabric: Listener | undefined;
  #http: HttpListener | undefined;
  #dashboard: Dashboard | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Listens for the fabric; gives the `host:port` under which others reach it. Throws `bad_settings`. */
  async listen(): Promise<string> {
    const { options, parts, rooms, checkOpen } = this.#options;
    const { host, port, admin, advertise } = options;
    this.#fabric = await parts.transport.listen({ host, port, admin }, rooms.reception);
    checkOpen();
    return advertisedAddress(advertise, this.#fabric);
  }

  /** Opens the doors that are asked for. Throws `bad_settings`. */
  async openDoors(): Promise<void> {
    const { http, dashboard } = this.#options.options;
    if (http) await this.#openHttp(http);
    if (dashboard) await this.#openDashboard(dashboard);
  }

  /** What is told of them, once they are open. */
  get addresses(): Omit<Listening, 'name' | 'url'> {
    const { port, admin } = present(this.#fabric, 'nobody listens yet');
    return {
      port,
      ...(admin && { adminUrl: authorityOf(admin.host, admin.port) }),
      ...(this.#http && { httpUrl: authorityOf(this.#http.host, this.#http.port) }),
      ...(this.#dashboard && { dashboardUrl: this.#dashboard.url }),
    };
  }

  /** What health checks are told. */
  setServing(isServing: boolean): void {
    this.#fabric?.setServing?.(isServing);
  }

  async close(): Promise<void> {
    await Promise.all([this.#fabric?.close(), this.#http?.close(), this.#dashboard?.close()]);
  }

  async #openHttp(where: NonNullable<ResolvedServerOptions['http']>): Promise<void> {
    const { parts, rooms, unready, checkOpen } = this.#options;
    const { openHttpDoor } = await import('./http-door.ts');
    const { vitals, observer, gate, doorkeeper } = rooms;
    this.#http = await openHttpDoor(where, { vitals, observer, gate, doorkeeper, tls: parts.tls, unready });
    checkOpen();
  }

  async #openDashboard(choice: NonNullable<ResolvedServerOptions['dashboard']>): Promise<void> {
    const { parts, rooms, server, checkOpen } = this.#options;
    const { openDashboardOf } = await import('./dashboard-source.ts');
    this.#dashboard = await openDashboardOf({ ...choice, tls: parts.tls }, { rooms, server, clock: parts.clock });
    checkOpen();
  }
}
