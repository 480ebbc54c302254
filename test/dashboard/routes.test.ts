import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Access, attemptsMax, sessionMs } from '../../src/dashboard/access.ts';
import { LiveFeed } from '../../src/dashboard/live-feed.ts';
import { routesOf, watchersMax } from '../../src/dashboard/routes.ts';
import { FakeSource } from './fake-source.ts';

const token = 'sixteen characters';
const json = { 'content-type': 'application/json', host: '127.0.0.1:7480', 'sec-fetch-site': 'same-origin' };

/** The routes over a fabric that is not there; `ask` as a browser on this machine would, unless a test says otherwise. */
function dashboard(given: { readonly token?: string } = {}) {
  const clock = new VirtualClock();
  const source = new FakeSource(clock, 3);
  const feed = new LiveFeed(source, '0.1.0');
  const page = { type: 'text/html; charset=utf-8', bytes: new Uint8Array([1]), gzip: new Uint8Array([2]), isFixed: false };
  const access = new Access({ token: given.token, clock });
  const app = routesOf({ source, access, feed, files: new Map([['/', page]]), cookie: 'heddle', isSecure: false });
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
    app.request(path, { ...init, headers: { host: '127.0.0.1:7480', ...(init.headers as Record<string, string> | undefined) } });
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    ask(path, { method: 'POST', body: JSON.stringify(body), headers: { ...json, ...headers } });
  const unlock = async (word: string): Promise<Response> => post('/api/session', { token: word });
  return { ask, post, unlock, source, feed, clock };
}

describe('the page', () => {
  test('comes with a policy that lets it run its own scripts and talk to its own server, and nothing else (A4)', async () => {
    const { ask } = dashboard();
    const response = await ask('/', { headers: { 'accept-encoding': 'gzip' } });
    expect(response.status).toBe(200);
    const policy = Object.fromEntries(
      (response.headers.get('content-security-policy') ?? '').split('; ').map((part) => part.split(/ (.*)/)),
    );
    expect(policy).toMatchObject({ 'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'connect-src': "'self'" });
    expect(policy).toMatchObject({ 'base-uri': "'none'", 'form-action': "'none'", 'frame-ancestors': "'none'" });
    expect(JSON.stringify(policy)).not.toMatch(/unsafe|\*|https?:/);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await ask('/../package.json')).status).toBe(404);
  });
});

describe('without a token', () => {
  test.each(['127.0.0.1', '127.0.0.1:7480', 'localhost:7480', '[::1]:7480'])(
    'it answers under a name of this machine: %s',
    async (host) => {
      const { ask } = dashboard();
      expect((await ask('/api/session', { headers: { host } })).status).toBe(200);
    },
  );

  test.each(['evil.example', 'evil.example:7480', '127.0.0.1.evil.example', 'localhost.evil.example:7480', '10.0.0.5:7480'])(
    'it answers to no other name, which DNS may point here: %s (A1)',
    async (host) => {
      const { ask, post, source } = dashboard();
      expect((await ask('/', { headers: { host } })).status).toBe(403);
      expect((await post('/api/call', { function: 'f', args: '[]' }, { host })).status).toBe(403);
      expect(source.asked).toEqual([]);
    },
  );

  test('a page of another site starts nothing, by script or by form (A3)', async () => {
    const { ask, post, source } = dashboard();
    expect((await post('/api/call', { function: 'f', args: '[]' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post('/api/call', { function: 'f', args: '[]' }, { 'sec-fetch-site': 'same-site' })).status).toBe(403);
    const form = { method: 'POST', body: '{"function":"f","args":"[]"}', headers: { 'content-type': 'text/plain' } };
    expect((await ask('/api/call', form)).status).toBe(400);
    expect(source.asked.filter((what) => what.startsWith('call'))).toEqual([]);
  });
});

describe('with a token', () => {
  test('nothing but the page is told, and nothing done, without the cookie that it gives (A2, H1)', async () => {
    const { ask, post, unlock, source, clock } = dashboard({ token });
    expect((await ask('/')).status).toBe(200);
    for (const path of ['/api/feed', '/api/session', '/api/runs/a/feed', '/api/functions/f/1.0.0', '/api/nothing'])
      expect((await ask(path)).status, path).toBe(401);
    for (const path of ['/api/call', '/api/runs', '/api/explain', '/api/runs/a/cancel'])
      expect((await post(path, {})).status, path).toBe(401);
    expect((await unlock('seventeen characters')).status).toBe(401);
    const opened = await unlock(token);
    const given = opened.headers.get('set-cookie') ?? '';
    expect(given).toMatch(/^heddle=.*; HttpOnly.*SameSite=Strict/i);
    expect(given).not.toContain(token);
    const cookie = given.split(';')[0] ?? '';
    const call = () => post('/api/call', { function: 'f', args: '[1]' }, { cookie });
    expect(await (await call()).json()).toMatchObject({ ok: true, text: expect.stringContaining('1') });
    expect((await post('/api/call', {}, { cookie: cookie.replace(/.$/, (last) => (last === '0' ? '1' : '0')) })).status).toBe(401);
    expect((await post('/api/call', {}, { cookie: cookie.replace(/=\d+/, '=9999999999999') })).status).toBe(401);
    clock.advance(sessionMs + 1);
    expect((await call()).status).toBe(401);
    expect(source.asked.filter((what) => what.startsWith('call'))).toHaveLength(1);
  });

  test('a stream ends with the session that opened it (A2)', async () => {
    const { ask, unlock, feed, clock } = dashboard({ token });
    const cookie = ((await unlock(token)).headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    clock.advance(sessionMs - 1_000);
    expect((await ask('/api/feed', { headers: { cookie } })).status).toBe(200);
    clock.advance(998);
    expect(feed.watchers).toBe(1);
    clock.advance(3);
    expect(feed.watchers).toBe(0);
  });

  test('after ten wrong ones within a minute not even the right one is looked at (A2)', async () => {
    const { unlock, clock } = dashboard({ token });
    for (let at = 0; at < attemptsMax; at += 1) expect((await unlock(`wrong ${at}`)).status).toBe(401);
    expect((await unlock(token)).status).toBe(429);
    clock.advance(60_001);
    expect((await unlock(token)).status).toBe(200);
  });

  test('it answers under any name, for the cookie belongs to one', async () => {
    const { ask } = dashboard({ token });
    expect((await ask('/', { headers: { host: 'fabric.example' } })).status).toBe(200);
  });
});

describe('what is asked', () => {
  test.each([
    [{ function: 'f' }, 'args'],
    [{ function: 'f', args: '{}' }, 'a JSON list'],
    [{ function: 'f', args: '[' }, 'JSON'],
    [{ function: '', args: '[]' }, 'function'],
    [{ function: 'f', args: '[]', need: 'gpu' }, 'a list of resources'],
    [{ function: 'f', args: '[]', need: [1] }, 'a list of resources'],
  ])('wrongly is refused in words: %j (H3)', async (body, words) => {
    const { post } = dashboard();
    const response = await post('/api/call', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'bad_argument', message: expect.stringContaining(words) });
  });

  test('and is too long is refused before it is read (H2)', async () => {
    const { post } = dashboard();
    expect(
      (await post('/api/call', { function: 'f', args: `["${'x'.repeat(4 * 1024 * 1024)}"]` }, { 'content-length': '4194400' })).status,
    ).toBe(413);
  });

  test('of a workflow that is none, of a run that nobody knows, of nothing', async () => {
    const { ask, post } = dashboard();
    expect(await (await post('/api/runs', { workflow: '{"steps":[]}' })).json()).toMatchObject({ code: 'bad_argument' });
    expect(await (await post('/api/runs', { workflow: '{"commands":[]}' })).json()).toEqual({ runId: 'server-0~abc~1' });
    expect(await (await post('/api/runs/x/cancel', {})).json()).toMatchObject({ code: 'unknown_run' });
    expect((await ask('/api/nothing')).status).toBe(404);
    expect((await ask('/api/functions/no/1.0.0')).status).toBe(404);
    expect(await (await ask('/api/runs/x/feed')).text()).toContain('event: refused');
  });

  test('at most so many follow at once, and one who leaves makes room (H2)', async () => {
    const { ask, feed } = dashboard();
    const open = await Promise.all(Array.from({ length: watchersMax }, () => ask('/api/feed')));
    expect(feed.watchers).toBe(watchersMax);
    expect((await ask('/api/feed')).status).toBe(503);
    await open[0]?.body?.cancel();
    expect((await ask('/api/feed')).status).toBe(200);
    feed.close();
  });
});
