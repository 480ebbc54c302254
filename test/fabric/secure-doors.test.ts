/** The listeners for HTTP of a server with certificates: metrics, health and the dashboard, over TLS. */

import { type IncomingMessage, request } from 'node:http';
import { type RequestOptions, request as secureRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Server } from '../../src/fabric/api/api.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import type { FabricEvent } from '../../src/observe/events.ts';
import { Authority, type Bundle } from '../certificates.ts';

const ours = new Authority();
const theirs = new Authority();
const token = 'sixteen or more of them';
let server: Server;
let metrics: string;
let dashboard: string;
const refused: FabricEvent[] = [];

beforeAll(async () => {
  server = await startServer({
    name: 'one',
    cluster: 'secure doors',
    tls: ours.server('one'),
    http: {},
    dashboard: { token },
    onListening: ({ httpUrl, dashboardUrl }) => {
      metrics = `https://${httpUrl}`;
      dashboard = dashboardUrl ?? '';
    },
  });
  server.on('peer.refused', (event) => refused.push(event));
});
afterAll(() => server.stop());

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cookie: string;
  /** Serial number of the certificate that was shown. */
  readonly serial: string;
}

/** One request over a connection of its own, by somebody who trusts our CA. */
function ask(url: string, { body, ...options }: RequestOptions & { readonly body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const told = (response: IncomingMessage): void => {
      const socket = response.socket as Partial<TLSSocket>; // a plain one lacks the method
      const serial = socket.getPeerCertificate?.().serialNumber ?? '';
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, serial, cookie: String(response.headers['set-cookie'] ?? '') }),
      );
    };
    const asked = url.startsWith('https:')
      ? secureRequest(url, { agent: false, ca: ours.cert, ...options }, told)
      : request(url, { agent: false, ...options }, told);
    asked.on('error', reject).end(body);
  });
}

function shown({ cert, key }: Bundle): RequestOptions {
  return { cert, key };
}

describe('metrics over TLS', () => {
  test('are told to whoever shows a certificate of the fabric', async () => {
    const { status, text } = await ask(`${metrics}/metrics`, shown(ours.client('prometheus')));
    expect(status).toBe(200);
    expect(text).toContain('heddle_members{status="alive"} 1');
  });

  test.each<[string, () => RequestOptions, string]>([
    ['none', () => ({}), 'no_certificate'],
    ['one of another CA', () => shown(theirs.client('prometheus')), 'untrusted'],
    ['one whose time is over', () => shown(ours.client('prometheus', -2)), 'expired'],
  ])('are not told to whoever shows %s, and that is said', async (_what, options, reason) => {
    refused.length = 0;
    const { status, text } = await ask(`${metrics}/metrics`, options());
    expect([status, text.split(':')[0]]).toEqual([401, reason]);
    expect(refused).toMatchObject([{ reason, address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }]);
  });

  test('health is told to everybody, and nobody is answered in the clear', async () => {
    for (const path of ['healthz', 'readyz']) expect(await ask(`${metrics}/${path}`)).toMatchObject({ status: 200 });
    await expect(ask(`${metrics.replace('https', 'http')}/healthz`)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('ask for no certificate where clients need none', async () => {
    let url = '';
    const open = await startServer({
      cluster: 'secure doors',
      tls: { ...ours.server('open'), clientCertificate: 'optional' },
      http: {},
      onListening: ({ httpUrl }) => {
        url = `https://${httpUrl}/metrics`;
      },
    });
    expect(await ask(url)).toMatchObject({ status: 200 });
    expect(await ask(url, shown(theirs.client('prometheus')))).toMatchObject({ status: 401 });
    await open.stop();
  });
});

describe('the dashboard over TLS', () => {
  test('is at https, asks for no certificate, and keeps its cookie to TLS', async () => {
    expect(dashboard).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/);
    expect(await ask(dashboard)).toMatchObject({ status: 200, text: expect.stringContaining('<!doctype html>') });
    const body = JSON.stringify({ token });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const { status, cookie } = await ask(`${dashboard}api/session`, { method: 'POST', headers, body });
    expect(status).toBe(200);
    expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Strict/);
    await expect(ask(dashboard.replace('https', 'http'))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

test('S1: a handshake that begins after a renewal is shown the new certificate, by both', async () => {
  const before = [await ask(`${metrics}/healthz`), await ask(dashboard)].map(({ serial }) => serial);
  await server.reloadTls(ours.server('one'));
  const after = [await ask(`${metrics}/healthz`), await ask(dashboard)].map(({ serial }) => serial);
  expect(new Set(before).size).toBe(1);
  expect(new Set(after).size).toBe(1);
  expect(after[0]).not.toBe(before[0]);
});
