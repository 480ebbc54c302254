/**
 * The dashboard in Debian's Chromium, over real server processes, and over HTTPS over a fabric of 200 that is not there. One browser
 * and one set of servers for all of it; pictures of the views stay in .cache/dashboard.
 */

import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { get } from 'node:https';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { openDashboard } from '../../src/dashboard/open.ts';
import { Credentials } from '../../src/transport/credentials.ts';
import { Authority } from '../certificates.ts';
import { FakeSource } from '../dashboard/fake-source.ts';
import { functionsModule, type ServerProcess, Stage } from './processes.ts';

const pictures = resolve(import.meta.dirname, '../../.cache/dashboard');
const quiet = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];
const binary = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const token = 'a token of 200 servers';
/** A server that was killed is to be seen leaving within 3 s; this machine gets five times as long. */
const leavingMs = 15_000;
const waitMs = 20_000;

if (binary === undefined) console.log('chromium is not installed: the dashboard is not looked at in a browser (apt-get install chromium)');

describe.skipIf(binary === undefined)('the dashboard in a browser', () => {
  const stage = new Stage();
  const complaints: string[] = [];
  let browser: Browser;
  let page: Page;
  let servers: readonly ServerProcess[];
  let url = '';
  const authority = new Authority();
  const certificate = authority.server('server-0');

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    const settings = await stage.file('dashboard.toml', '[server]\ndashboard = true\n');
    const first = await stage.serve('board-1', functionsModule, '--settings', settings);
    const launching = chromium.launch({
      executablePath: binary ?? '',
      args: [...quiet, `--ignore-certificate-errors-spki-list=${keyOf(certificate.cert)}`],
    });
    const others = ['board-2', 'board-3'].map((name) => stage.serve(name, functionsModule, '--join', first.url, '--resource', 'gpu'));
    servers = [first, ...(await Promise.all(others))];
    url = (await first.process.line(/^HEDDLE_DASHBOARD_URL=/)).slice('HEDDLE_DASHBOARD_URL='.length);
    browser = await launching;
    page = await watched(browser, complaints);
    await page.goto(url);
  });

  afterAll(async () => {
    await browser?.close();
  });

  test('shows every server, its links and what it offers', async () => {
    for (const { name } of servers) await page.locator(`[data-server-row="${name}"]`).waitFor({ timeout: waitMs });
    await page.locator('.picture .link').nth(2).waitFor({ state: 'attached', timeout: waitMs });
    await page.locator('[data-server-row="board-2"] a').click();
    await page.getByRole('heading', { name: 'board-2' }).waitFor();
    expect(await page.locator('.chosen .facts').innerText()).toContain('gpu');
    // Lines end where the servers stand, also while they move.
    expect(await page.evaluate<number>(strayEnds)).toBe(0);
    await page.screenshot({ path: join(pictures, 'topology.png') });
    await view(page, 'Catalog');
    await page.getByRole('searchbox').fill('whoami');
    await page.getByRole('link', { name: 'whoami' }).click();
    await page.getByRole('button', { name: 'Where would a call go?' }).click();
    await page.getByText('offers match').waitFor();
    await page.screenshot({ path: join(pictures, 'catalog.png') });
  });

  test('makes a call, and says in words why one failed', async () => {
    await page.goto(`${url}#/call/echo`);
    await page.getByLabel('Arguments, a JSON list').fill('[{ "spun": ["by", "heddle"] }]');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.locator('.answer pre').waitFor({ timeout: waitMs });
    expect(JSON.parse(await page.locator('.answer pre').innerText())).toEqual({ spun: ['by', 'heddle'] });
    await page.getByLabel('Arguments, a JSON list').fill('not a list');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.locator('.answer .problem').waitFor({ timeout: waitMs });
    await page.screenshot({ path: join(pictures, 'call.png') });
  });

  test('starts a workflow and shows each step as it runs and ends', async () => {
    const file = await stage.path('go-on');
    const commands = [
      { name: 'waits', fun: 'hold', args: [file] },
      { name: 'follows', fun: 'echo', args: [{ $ref: 'waits' }] },
    ];
    await page.goto(`${url}#/call`);
    await page.getByLabel('The workflow, as JSON').fill(JSON.stringify({ name: 'seen', commands }));
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('[data-step="waits"][data-state="running"]').waitFor({ timeout: waitMs });
    await page.locator('.step.running[data-graph-step="waits"]').waitFor();
    await page.locator('[data-step="follows"][data-state="waiting"]').waitFor();
    await page.screenshot({ path: join(pictures, 'run.png') });
    await stage.file('go-on', '');
    await page.locator('.step.done[data-graph-step="follows"]').waitFor({ timeout: waitMs });
    await page.getByText('Its result').waitFor();
    await page.screenshot({ path: join(pictures, 'run-done.png') });
  });

  test('is gone through with the keyboard alone', async () => {
    await page.goto(`${url}#/topology`);
    await page.locator('[data-server-row="board-3"] a').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'board-3' }).waitFor();
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    expect(await page.getByRole('navigation', { name: 'Views' }).getByRole('link').count()).toBe(7);
    expect(await page.getByRole('img', { name: /3 servers/ }).count()).toBe(1);
  });

  test('shows every other view, by night as well', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const name of ['Runs', 'Latency', 'Breakers', 'Events', 'Topology']) {
      await view(page, name);
      await page.getByRole('heading', { level: 1, name }).waitFor({ state: 'attached' });
      await page.screenshot({ path: join(pictures, `${name.toLowerCase()}-dark.png`) });
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test('shows a killed server leaving within 3 s', async () => {
    await page.goto(`${url}#/topology`);
    const row = page.locator('[data-server-row="board-3"]');
    await row.waitFor();
    const beganMs = performance.now();
    await servers[2]?.process.kill('SIGKILL');
    await page.locator('[data-server-row="board-3"]:not(.alive)').waitFor({ timeout: leavingMs });
    console.log(`a killed server was seen leaving after ${Math.round(performance.now() - beganMs)} ms`);
    await view(page, 'Events');
    await page.getByText('member.died').first().waitFor({ timeout: leavingMs });
  });

  test('over HTTPS it asks for its token, and stays responsive with 200 servers', async () => {
    const source = new FakeSource(systemClock, 200);
    const tls = new Credentials(certificate, { use: 'server', wallMs: () => systemClock.wallMs() });
    const dashboard = await openDashboard({ host: '127.0.0.1', port: 'auto', token, tls }, source);
    const crowd = await watched(browser, complaints);
    try {
      expect(dashboard.url).toMatch(/^https:/);
      // Whoever trusts the CA trusts the page; Chromium is told of the one key, and knows no other certificate of this CA.
      expect(await statusOf(dashboard.url, authority.cert)).toBe(200);
      await expect(statusOf(dashboard.url, new Authority().cert)).rejects.toThrow(/self-signed|unable to verify|signature/i);
      await crowd.goto(dashboard.url);
      await crowd.getByLabel('The token').fill('not the one');
      await crowd.getByRole('button', { name: 'Open' }).click();
      await crowd.getByText('That is not the token').waitFor({ timeout: waitMs });
      await crowd.getByLabel('The token').fill(token);
      await crowd.getByRole('button', { name: 'Open' }).click();
      expect(await crowd.context().cookies()).toMatchObject([{ secure: true, httpOnly: true, sameSite: 'Strict' }]);
      await crowd.locator('[data-server-row="server-199"]').waitFor({ timeout: waitMs });
      await crowd.locator('.picture .link').nth(700).waitFor({ state: 'attached', timeout: waitMs });
      source.calls += 50;
      const slowestMs = await crowd.evaluate<number>(slowestFrame);
      const beganMs = performance.now();
      await crowd.locator('[data-server-row="server-120"] a').click();
      await crowd.getByRole('heading', { name: 'server-120' }).waitFor({ timeout: waitMs });
      const clickMs = performance.now() - beganMs;
      console.log(`200 servers: a click is answered after ${Math.round(clickMs)} ms, the slowest frame took ${Math.round(slowestMs)} ms`);
      expect(slowestMs).toBeLessThan(5_000);
      await crowd.screenshot({ path: join(pictures, 'crowd.png') });
    } finally {
      await crowd.close();
      await dashboard.close();
    }
  });

  test('without a single complaint of the browser', () => {
    // Chromium says so of every answer that refuses: a token that is wanted (401), arguments that are no list (400).
    expect(complaints.filter((text) => !/status of 40[01]/.test(text))).toEqual([]);
  });
});

/** Ends of lines at which no server stands, as soon as a frame has been drawn after the servers were moved by leaving and coming back. */
const strayEnds = `new Promise((resolve) => {
  location.hash = '#/events';
  requestAnimationFrame(() => requestAnimationFrame(() => {
    location.hash = '#/topology/board-2';
    setTimeout(() => requestAnimationFrame(() => {
      const spots = new Set([...document.querySelectorAll('.server')].map((mark) => mark.getAttribute('transform')));
      const ends = [...document.querySelectorAll('.link line')].flatMap((line) =>
        [['x1', 'y1'], ['x2', 'y2']].map((pair) => 'translate(' + pair.map((name) => Number(line.getAttribute(name)).toFixed(1)).join(' ') + ')'));
      resolve(ends.length === 0 ? -1 : ends.filter((end) => !spots.has(end)).length);
    }), 150);
  }));
})`;

/** The longest time between two frames of a second, as the page itself sees it. */
const slowestFrame = `new Promise((resolve) => {
  const began = performance.now();
  let [last, slowest] = [began, 0];
  const next = (now) => {
    slowest = Math.max(slowest, now - last);
    last = now;
    if (now - began > 1000) resolve(slowest);
    else requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})`;

/** What Chromium knows a key by. */
function keyOf(cert: string): string {
  return createHash('sha256')
    .update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

/** The status with which the page answers to whoever trusts this CA. */
function statusOf(address: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(address, { ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

async function watched(browser: Browser, complaints: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 }, reducedMotion: 'no-preference' });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return page;
}

async function view(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click();
}
