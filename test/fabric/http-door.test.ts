import { Counter, Registry, register } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import type { Server } from '../../src/fabric/api/api.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import { failureOf } from '../within.ts';

const started: Server[] = [];

afterEach(async () => {
  register.clear();
  for (const server of started.splice(0)) await server.stop();
});

/** A server with an HTTP listener, and where that is. */
async function start(options: Parameters<typeof startServer>[0] = {}): Promise<{ server: Server; http: string }> {
  let http = '';
  const server = await startServer({
    http: {},
    ...options,
    onListening: ({ httpUrl }) => {
      http = `http://${httpUrl}`;
    },
  });
  started.push(server);
  return { server, http };
}

async function get(url: string, init: RequestInit = {}): Promise<{ status: number; text: string; type: string | null }> {
  const response = await fetch(url, { ...init, headers: { connection: 'close' } });
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
}

/** Value of a metric by its line's beginning. */
function metricOf(text: string, start: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${start} `));
  return line === undefined ? undefined : Number(line.slice(start.length));
}

const half = (value: number): number => {
  if (value % 2 !== 0) throw new Error('odd');
  return value / 2;
};

test('a server tells Prometheus of its calls, its members and itself', async () => {
  const { server, http } = await start({ name: 'one', functions: { half } });
  for (const value of [2, 4, 6]) await server.call('half', [value]);
  await failureOf(server.call('half', [1]));
  const { status, text, type } = await get(`${http}/metrics`);
  expect([status, type]).toEqual([200, Registry.PROMETHEUS_CONTENT_TYPE]);
  expect(metricOf(text, 'heddle_calls_served_total{function="half",code="ok"}')).toBe(3);
  expect(metricOf(text, 'heddle_calls_served_total{function="half",code="function_failed"}')).toBe(1);
  expect(metricOf(text, 'heddle_attempts_total{function="half",code="ok"}')).toBe(3);
  expect(metricOf(text, 'heddle_call_served_seconds_bucket{function="half",le="+Inf"}')).toBe(4);
  expect(metricOf(text, 'heddle_call_served_seconds_count{function="half"}')).toBe(4);
  expect(metricOf(text, 'heddle_members{status="alive"}')).toBe(1);
  expect(metricOf(text, 'heddle_calls_running{function="half"}')).toBe(0);
  expect(metricOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect(text).not.toContain('odd');
});

test('each metric is told once, with its kind, and every line is one that Prometheus reads', async () => {
  const { server, http } = await start({ functions: { half } });
  await server.call('half', [2]);
  const { text } = await get(`${http}/metrics`);
  const names = [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge|histogram)$/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(20);
  expect(new Set(names).size).toBe(names.length);
  for (const line of text.split('\n'))
    expect(line).toMatch(/^$|^# (?:HELP|TYPE) |^[a-z][a-z0-9_]*(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? [0-9.e+-]+$/);
});

test("what a user's module counts with prom-client is told with it, and no name twice", async () => {
  new Counter({ name: 'rows_cleaned_total', help: 'Rows.' }).inc(7);
  new Counter({ name: 'process_cpu_seconds_total', help: 'Their own.' }).inc(1);
  const { http } = await start();
  const { text } = await get(`${http}/metrics`);
  expect(metricOf(text, 'rows_cleaned_total')).toBe(7);
  expect(text.match(/^# TYPE process_cpu_seconds_total/gm)).toHaveLength(1);
});

test('/readyz is ready from the join to the drain, /healthz until the end', async () => {
  const { server, http } = await start({ name: 'two' });
  expect(await get(`${http}/healthz`)).toMatchObject({ status: 200, text: 'ok\n' });
  expect(await get(`${http}/readyz`)).toMatchObject({ status: 200, text: 'ready\n' });
  const drained = server.drain();
  expect(await get(`${http}/readyz`)).toMatchObject({ status: 503, text: 'draining\n' });
  expect(await get(`${http}/healthz`)).toMatchObject({ status: 200 });
  await drained;
  await server.stop();
  await expect(fetch(`${http}/healthz`)).rejects.toThrow();
});

test('anything but a reading request of a known path is refused', async () => {
  const { http } = await start();
  expect(await get(`${http}/metric`)).toMatchObject({ status: 404, text: 'there is /healthz, /readyz, /metrics\n' });
  expect(await get(`${http}/metrics`, { method: 'POST', body: 'x' })).toMatchObject({ status: 405 });
  expect(await get(`${http}/healthz?now`)).toMatchObject({ status: 200 });
  expect(await get(`${http}/healthz`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
});

test('a port that is taken stops the start, and an unknown option is named', async () => {
  const { http } = await start();
  const port = Number(new URL(http).port);
  expect(await failureOf(startServer({ http: { port } }))).toMatchObject({
    code: 'bad_settings',
    message: expect.stringContaining(`${port}`),
  });
  // A typo in plain JavaScript.
  const typo = { http: { prot: 1 } } as unknown as { http: { port: number } };
  expect(await failureOf(startServer(typo))).toMatchObject({ code: 'bad_argument', message: expect.stringContaining('prot') });
});
