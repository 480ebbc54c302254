/**
 * The dashboard of one server: binds, serves its page, and leaves nothing behind. Loaded when a server wants one.
 *
 * D1 it listens on loopback unless a token is set: whoever can reach it could start calls.
 * D2 a server with certificates serves it under its own, over TLS. D3 closed, no socket, timer or listener of it is left.
 */

import { readFileSync } from 'node:fs';
import { getRequestListener } from '@hono/node-server';
import type { Dashboard, DashboardSource, SecuredDashboard } from '../fabric/server/dashboard-port.ts';
import { makeHttpServer, openHttp } from '../transport/http-server.ts';
import { Access } from './access.ts';
import { LiveFeed } from './live-feed.ts';
import { readPage } from './page-files.ts';
import { routesOf } from './routes.ts';

const socketsMax = 256;
const headersMs = 5_000;
/** The cookie's, before the port: those of a host are sent to all of its ports. */
const cookieName = 'heddle-dashboard';

/** Binds and serves. Throws `bad_settings` when the port cannot be had or the page has not been built. */
export async function openDashboard({ host, port, token, tls }: SecuredDashboard, source: DashboardSource): Promise<Dashboard> {
  const files = readPage();
  const feed = new LiveFeed(source, versionOf());
  const access = new Access({ token, clock: source.clock });
  const bound = { port: 0 };
  let app: ReturnType<typeof routesOf> | undefined;
  const fetch = (request: Request) => {
    app ??= routesOf({ source, access, feed, files, cookie: `${cookieName}-${bound.port}`, isSecure: tls !== undefined });
    return app.fetch(request);
  };
  const limits = { headersTimeout: headersMs, maxHeaderSize: 16 * 1024 };
  const listen = getRequestListener(fetch);
  const server = makeHttpServer({ ...limits, tls, asksCertificate: false }, (request, response) => void listen(request, response));
  try {
    const door = await openHttp(server, { host, port }, socketsMax);
    bound.port = door.port;
    const close = (): Promise<void> => {
      feed.close();
      return door.close();
    };
    return { url: `${tls ? 'https' : 'http'}://${door.authority}/`, close };
  } catch (error) {
    feed.close();
    throw error;
  }
}

/** Of src/dashboard and of dist/dashboard alike, the manifest is two folders up; every package.json has a version. */
function versionOf(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version;
}
