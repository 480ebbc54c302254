/**
 * The dashboard's routes: its page, its streams, and what the page asks for. Who may come in is access.ts.
 *
 * H1 everything under /api/ but the session wants an open session; what changes something is a POST of JSON from the page itself.
 * H2 at most `watchersMax` streams are open at once, and a body has at most `bodyBytesMax` bytes.
 * H3 an error of the fabric is an answer with its code; anything else is a 500 that tells nothing.
 */

import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { isRecord } from '../base/objects.ts';
import { HeddleError } from '../errors.ts';
import type { DashboardSource } from '../fabric/server/dashboard-port.ts';
import { type Access, isOwnOrigin, securityHeaders, sessionMs } from './access.ts';
import { EventStream } from './event-stream.ts';
import type { LiveFeed } from './live-feed.ts';
import type { PageFile } from './page-files.ts';
import { answerCall, answerExplain, answerFunction, answerSubmit, type Body } from './requests.ts';
import { RunFeed } from './run-feed.ts';

export const watchersMax = 32;
const bodyBytesMax = 4 * 1024 * 1024;

export interface RouteParts {
  readonly source: DashboardSource;
  readonly access: Access;
  readonly feed: LiveFeed;
  readonly files: ReadonlyMap<string, PageFile>;
  /** Of the cookie: a browser sends those of every port of a host. */
  readonly cookie: string;
  /** Over TLS: the cookie goes nowhere else. */
  readonly isSecure: boolean;
}

export function routesOf(parts: RouteParts): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
    const isKnown = parts.access.knowsHost(context.req.header('host')) && isOwnOrigin(siteOf(context));
    return isKnown ? next() : context.json({ message: 'this dashboard answers to its own page, under a name of this machine' }, 403);
  });
  app.onError((error, context) => {
    if (HeddleError.is(error)) return context.json({ code: error.code, message: error.message }, 400);
    return context.json({ message: 'the server could not answer' }, 500);
  });
  app.use('/api/*', bodyLimit({ maxSize: bodyBytesMax, onError: (context) => context.json({ message: 'that is too long' }, 413) }));
  addSession(app, parts);
  app.use('/api/*', (context, next) =>
    parts.access.isOpen(getCookie(context, parts.cookie)) ? next() : Promise.resolve(context.json({ message: 'the token is wanted' }, 401)),
  );
  addStreams(app, parts);
  addRequests(app, parts.source);
  app.get('*', (context) => page(context, parts.files));
  return app;
}

/** A page of another site may lead here, but not ask. */
function siteOf({ req }: Context): string | undefined {
  return req.path.startsWith('/api/') ? req.header('sec-fetch-site') : undefined;
}

function addSession(app: Hono, { access, cookie, isSecure }: RouteParts): void {
  app.get('/api/session', (context) =>
    access.isOpen(getCookie(context, cookie)) ? context.json({}) : context.json({ message: 'the token is wanted' }, 401),
  );
  app.post('/api/session', async (context) => {
    const opened = access.open((await bodyOf(context))['token']);
    if (opened === 'later') return context.json({ message: 'too many wrong tokens; try again in a minute' }, 429);
    if (opened === 'wrong') return context.json({ message: 'that is not the token' }, 401);
    setCookie(context, cookie, opened.cookie, {
      httpOnly: true,
      secure: isSecure,
      sameSite: 'Strict',
      path: '/',
      maxAge: sessionMs / 1_000,
    });
    return context.json({});
  });
}

function addStreams(app: Hono, { source, feed, access, cookie }: RouteParts): void {
  const open = new Set<EventStream>();
  const streamed = (context: Context, begin: (stream: EventStream) => () => void): Response => {
    if (open.size >= watchersMax) return context.json({ message: `${watchersMax} streams are open already` }, 503);
    const leftMs = access.leftMs(getCookie(context, cookie));
    const cancelEnd = Number.isFinite(leftMs) ? source.clock.schedule(leftMs, () => stream.close()) : (): void => {};
    const stream = new EventStream((closed) => {
      cancelEnd();
      open.delete(closed);
    });
    stream.begin(() => begin(stream));
    if (!stream.hasEnded) open.add(stream);
    return context.body(stream.body, 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  };
  app.get('/api/feed', (context) => streamed(context, (stream) => feed.watch((message) => stream.send(message))));
  app.get('/api/runs/:run/feed', (context) =>
    streamed(context, (stream) => {
      const run = new RunFeed(source, context.req.param('run'), {
        message: (message) => stream.send(message),
        refused: (message) => stream.end('refused', message),
        over: () => stream.end('over', ''),
      });
      return () => run.close();
    }),
  );
}

function addRequests(app: Hono, source: DashboardSource): void {
  app.get('/api/functions/:name/:version', (context) => {
    const found = answerFunction(source, context.req.param('name'), context.req.param('version'));
    return found ? context.json(found) : context.json({ message: 'no server offers that' }, 404);
  });
  app.post('/api/call', async (context) => context.json(await answerCall(source, await bodyOf(context))));
  app.post('/api/runs', async (context) => context.json(await answerSubmit(source, await bodyOf(context))));
  app.post('/api/explain', async (context) => context.json(await answerExplain(source, await bodyOf(context))));
  app.post('/api/runs/:run/cancel', async (context) => {
    await bodyOf(context);
    await source.cancelRun(context.req.param('run'), 'cancelled from the dashboard');
    return context.json({});
  });
  app.all('/api/*', (context) => context.json({ message: 'there is no such thing here' }, 404));
}

function page(context: Context, files: ReadonlyMap<string, PageFile>): Response {
  const file = files.get(context.req.path);
  if (!file) return context.text('There is nothing here; the dashboard is at /', 404);
  const isSmaller = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
  return context.body(isSmaller ? file.gzip : file.bytes, 200, {
    'content-type': file.type,
    'cache-control': file.isFixed ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    ...(isSmaller ? { 'content-encoding': 'gzip' } : {}),
  });
}

/** A JSON object, said to be one: a form of another site cannot send that. */
async function bodyOf({ req }: Context): Promise<Body> {
  if (!/^application\/json\b/i.test(req.header('content-type') ?? '')) throw notJson('another content type');
  const body: unknown = await req.json().catch(() => undefined);
  if (isRecord(body)) return body;
  throw notJson('something else');
}

function notJson(found: string): HeddleError {
  return new HeddleError('bad_argument', { path: [], expected: 'a JSON object, sent as application/json', found });
}
