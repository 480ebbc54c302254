import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timingText } from '../../src/cli/call.ts';
import { defineFunction, type Server, startServer } from '../../src/index.ts';
import { heddle } from './terminal.ts';

let server: Server;
beforeAll(async () => {
  const fail = (): never => {
    throw new RangeError('too far');
  };
  const keyed = defineFunction({ name: 'keyed', handler: (ctx) => ctx.idempotencyKey });
  server = await startServer({ name: 'one', functions: { greet: (name: string) => `hello ${name}`, fail, keyed } });
});
afterAll(() => server.stop());

const line = /^total \d+\.\d\d ms = server one \d+\.\d\d ms \+ fabric and network \d+\.\d\d ms$/;

describe('heddle call', () => {
  test('prints the result alone, unless asked for its timing', async () => {
    expect(await heddle('call', '--url', server.url, 'greet', '"world"')).toEqual({ code: 0, outs: ['"hello world"'], notes: [] });
  });

  test('hands on the terms of the call', async () => {
    const terms = ['--idempotency-key', 'order 7', '--key', 'user 1', '--priority', 'batch', '--wait-ms', '50'];
    expect(await heddle('call', '--url', server.url, 'keyed', ...terms)).toMatchObject({ code: 0, outs: ['"order 7"'] });
    const startMs = performance.now();
    expect(await heddle('call', '--url', server.url, 'absent', '--wait-ms', '50')).toMatchObject({ code: 3 });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(50);
  });

  test('--timing says where the time went on stderr, and with --json as JSON', async () => {
    const text = await heddle('call', '--url', server.url, '--timing', 'greet', '"world"');
    expect(text).toEqual({ code: 0, outs: ['"hello world"'], notes: [expect.stringMatching(line)] });
    const json = await heddle('call', '--url', server.url, '--timing', '--json', 'greet', '"world"');
    expect(json).toMatchObject({ code: 0, outs: ['"hello world"'], notes: [expect.any(String)] });
    const timing: unknown = JSON.parse(json.notes[0] ?? '');
    const ms: unknown = expect.any(Number);
    expect(timing).toEqual({ totalMs: ms, server: 'one', serverMs: ms, fabricMs: ms });
    for (const figure of Object.values(timing as object)) expect(String(figure)).not.toMatch(/\.\d{4}/);
  });

  test('--timing tells of a call that failed too, before the error', async () => {
    const { code, outs, notes } = await heddle('call', '--url', server.url, '--timing', 'fail');
    expect({ code, outs }).toEqual({ code: 1, outs: [] });
    expect(notes).toEqual([expect.stringMatching(line), expect.stringContaining('function_failed: ')]);
  });

  test('--timing names no server for a function that nobody offers', async () => {
    const { code, notes } = await heddle('call', '--url', server.url, 'absent', '--timing', '--json');
    expect(code).toBe(3);
    expect(JSON.parse(notes[0] ?? '')).toEqual({ totalMs: expect.any(Number) });
  });

  test('--timing says so when no server has measured', () => {
    expect(timingText({ totalMs: 1.5 })).toBe('total 1.50 ms; no server has said how much of it was its own');
  });
});
