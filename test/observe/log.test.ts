import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { type EventKind, eventTable, type FabricEvent } from '../../src/observe/events.ts';
import { type LogChoice, openLog } from '../../src/observe/log.ts';
import { leftOut, lineOf, textCharsMax } from '../../src/observe/log-line.ts';
import { kindsAt, levelOf, logLevels, logTable } from '../../src/observe/log-table.ts';
import { textOf } from '../../src/observe/log-text.ts';
import { Observer } from '../../src/observe/observer.ts';

const call = { function: 'f', version: '1.0.0', callId: 'i:1' } as const;
const served = { kind: 'call.served', ...call, caller: 'c', attempt: 1, ok: true, elapsedMs: 1.23456 } as const;
const logged = (fields: Readonly<Record<string, unknown>>) => ({ kind: 'handler.logged', ...call, message: 'said', fields }) as const;

function opened(choice: Partial<LogChoice> = {}) {
  const lines: string[] = [];
  const [observer, clock] = [new Observer(), new VirtualClock()];
  const destination = (line: string) => void lines.push(line);
  const log = openLog(
    { level: 'info', destination, format: 'auto', linesPerSecondMax: 3, ...choice },
    { observer, clock, server: 'one', cluster: 'default' },
  );
  return { log, lines, observer, clock, said: () => lines.map((line): Record<string, unknown> => JSON.parse(line)) };
}

describe('the level of an event', () => {
  test('T1: every kind has one, and a log of that level listens to it', () => {
    expect(Object.keys(logTable).sort()).toEqual(Object.keys(eventTable).sort());
    for (const kind of Object.keys(eventTable) as EventKind[]) expect(kindsAt('debug')).toContain(kind);
    for (const [at, level] of logLevels.entries())
      expect(kindsAt(level).length).toBeGreaterThan(at === 0 ? 0 : kindsAt(logLevels[at - 1] ?? level).length);
    expect(kindsAt('error')).toEqual(['server.failed', 'tls.rejected']);
  });

  test.each<[FabricEvent, string]>([
    [served, 'debug'],
    [{ ...served, ok: false, code: 'function_failed' }, 'info'],
    [{ kind: 'server.drained', name: 'a', elapsedMs: 1, calls: 0, sent: 0, runs: 0 }, 'info'],
    [{ kind: 'server.drained', name: 'a', elapsedMs: 1, calls: 0, sent: 0, runs: 1 }, 'warn'],
    [{ kind: 'step.settled', runId: 'r', step: 's', outcome: 'done', elapsedMs: 1 }, 'debug'],
    [{ kind: 'step.settled', runId: 'r', step: 's', outcome: 'failed', elapsedMs: 1 }, 'info'],
    [{ kind: 'result.spilled', value: 1, bytes: 1, ok: false }, 'warn'],
  ])('T2: is that of what it says: %j', (event, level) => {
    expect(levelOf(event)).toBe(level);
  });
});

describe('a line', () => {
  test('G1, G2: is one JSON object with time, level, server, cluster, call, trace and span', () => {
    const { observer, said, clock } = opened();
    observer.emit({ ...served, ok: false, code: 'overloaded', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
    observer.emit(served);
    observer.emit({ kind: 'attempt.settled', ...call, server: 'two', attempt: 2, ok: false, code: 'unreachable', elapsedMs: 5 });
    const head = { level: 'info', time: new Date(clock.wallMs()).toISOString(), server: 'one', cluster: 'default', ...call };
    const about = { ok: false, code: 'overloaded', attempt: 1, caller: 'c', elapsedMs: 1.235 };
    expect(said()).toEqual([
      {
        ...head,
        ...about,
        event: 'call.served',
        trace_id: 'a'.repeat(32),
        span_id: 'b'.repeat(16),
        msg: 'a call of a function of this server has ended here',
      },
      {
        ...head,
        event: 'attempt.settled',
        peer: 'two',
        attempt: 2,
        ok: false,
        code: 'unreachable',
        elapsedMs: 5,
        msg: 'one attempt of a call from here has ended',
      },
    ]);
  });

  test('L1: leaves secrets out of what a handler logs, cuts long texts, and ends in circles', () => {
    const circle: Record<string, unknown> = {
      password: 'hunter2',
      apiKey: 'k',
      'access-token': 't',
      Authorization: 'Bearer x',
      tokens: 3,
      monkey: 'ape',
    };
    circle['self'] = circle;
    const { fields } = lineOf(
      logged({ ...circle, long: 'x'.repeat(textCharsMax + 1), bytes: new Uint8Array(5), big: 10n, list: [1, () => 1] }),
    );
    const text = JSON.stringify(fields);
    for (const secret of ['hunter2', '"k"', '"t"', 'Bearer']) expect(text).not.toContain(secret);
    expect(text).toContain('"monkey":"ape"');
    expect(text).toContain(`"password":"${leftOut}"`);
    expect(text).toContain('"[object]"');
    expect(text).toContain(`(${textCharsMax + 1} characters)`);
    expect(fields['fields']).toMatchObject({ bytes: '[5 bytes]', big: '10', list: [1, '[function]'] });
  });

  test('L3: is written of anything that a handler logs', () => {
    const { observer, said } = opened();
    const thrower = Object.defineProperty({}, 'x', { enumerable: true, get: () => assertNever() });
    observer.emit(logged({ thrower }));
    observer.emit(logged({ when: new Date(Number.NaN), error: new Error('of theirs') }));
    expect(said()[0]).toMatchObject({ msg: 'said', fields: '[cannot be read]' });
    expect(said()[1]).toMatchObject({ fields: { when: 'Invalid Date', error: expect.stringContaining('of theirs') } });
  });

  test('is text for people where that is asked for, with the stack below it and no control character of others', () => {
    const { observer, lines } = opened({ format: 'text' });
    observer.emit({ kind: 'handler.failed', ...call, stack: 'Error: \u001b[2Jno\n    at f' });
    expect(lines.join('').slice(13)).toBe(
      'warn  handler.failed a handler, or one of its schemas, threw, or its result cannot be sent  function=f  version=1.0.0  callId=i:1\n    Error: \\x1b[2Jno\n        at f\n',
    );
    expect(textOf('{"level":"warn","time":"2026-01-01T00:00:00.000Z","event":"a.b","msg":"m","why":"two words"}\n', true)).toBe(
      '\u001b[90m00:00:00.000\u001b[0m \u001b[33mwarn \u001b[0m \u001b[1ma.b\u001b[0m m  \u001b[90mwhy=\u001b[0m"two words"\n',
    );
  });
});

describe('what is said too often', () => {
  test('G3: is counted from the fourth line of a second on, kind by kind, and the count is told', () => {
    const { observer, said, clock } = opened();
    const failed = { ...served, ok: false, code: 'overloaded' } as const;
    for (let at = 0; at < 10; at += 1) observer.emit(failed);
    observer.emit(logged({}));
    expect(said().map(({ event }) => event)).toEqual(['call.served', 'call.served', 'call.served', 'handler.logged']);
    clock.advance(1_000);
    expect(said().slice(4)).toMatchObject([{ level: 'warn', event: 'log.dropped', of: 'call.served', dropped: 7 }]);
    observer.emit(failed);
    expect(said()).toHaveLength(6);
  });

  test('is told at the close as well, and nothing after it', () => {
    const { log, observer, said, clock } = opened({ linesPerSecondMax: 1 });
    for (let at = 0; at < 3; at += 1) observer.emit(logged({}));
    log.close();
    observer.emit(logged({}));
    expect(said().map(({ event, dropped }) => [event, dropped])).toEqual([
      ['handler.logged', undefined],
      ['log.dropped', 2],
    ]);
    expect(observer.wants('handler.logged')).toBe(false);
    clock.advance(2_000);
    expect(said()).toHaveLength(2);
  });
});

describe('a file', () => {
  test('G4: is added to, and has each line at once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'));
    const path = join(folder, 'one.log');
    for (const _time of [1, 2]) {
      const { log, observer } = opened({ destination: path });
      observer.emit(logged({}));
      expect(readFileSync(path, 'utf8').endsWith('"msg":"said"}\n')).toBe(true);
      log.close();
    }
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
    rmSync(folder, { recursive: true });
  });

  test('that cannot be opened is a bad setting, with its reason', () => {
    expect(() => opened({ destination: '/nowhere/at/all.log' })).toThrow(/log\.destination: cannot be opened: ENOENT/);
  });
});

function assertNever(): never {
  throw new Error('read');
}
