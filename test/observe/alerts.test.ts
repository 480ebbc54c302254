/** The alerts and metrics that the docs name, held to what a server tells. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { type Family, familiesOf } from '../../src/observe/families.ts';
import { Meters } from '../../src/observe/meters.ts';
import { Observer } from '../../src/observe/observer.ts';
import { FakeSource } from '../dashboard/fake-source.ts';

const root = join(import.meta.dirname, '..', '..');
const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const observability = readFileSync(join(root, 'docs/observability.md'), 'utf8');

/** What a server tells after one call of each end, a run of each outcome, and a step. */
function families(): readonly Family[] {
  const [observer, meters] = [new Observer(), new Meters()];
  meters.attach(observer);
  for (const code of [undefined, 'overloaded'] as const) {
    const call = { function: 'f', version: '1.0.0', callId: 'c:1', attempt: 1, ok: code === undefined, code, elapsedMs: 1 };
    observer.emit({ kind: 'call.served', ...call, caller: 'c' });
    observer.emit({ kind: 'attempt.settled', ...call, server: 's' });
  }
  observer.emit({ kind: 'run.settled', runId: 'r', ok: true, elapsedMs: 1 });
  observer.emit({ kind: 'step.settled', runId: 'r', step: 's', outcome: 'done', elapsedMs: 1 });
  const vitals = new FakeSource(new VirtualClock(), 2).vitalsOf(0);
  const process = { residentBytes: 1, heapUsedBytes: 1, cpuMs: 1, loopDelayMs: 1 };
  return familiesOf(meters, { ...vitals, process }, { certificateUntilMs: 1 });
}

/** Every name that a query may use, with the labels that its series have and their values. */
function told(): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const series = new Map<string, Map<string, Set<string>>>();
  for (const { name, values } of families()) {
    if (values.length === 0) series.set(name, new Map());
    for (const { metricName = name, labels } of values) {
      const known = series.get(metricName) ?? new Map<string, Set<string>>();
      series.set(metricName, known);
      for (const [label, value] of Object.entries(labels)) known.set(label, (known.get(label) ?? new Set()).add(String(value)));
    }
  }
  return series;
}

const expressions = [...operations.matchAll(/^\| [^|]+ \| `(.+)` \| \d+[mh] \| .+ \|$/gm)].map(([, text = '']) => text);
const ofPrometheus = new Set(['up', 'time', 'sum', 'max', 'by', 'le', 'rate', 'increase', 'histogram_quantile', 'function']);

describe('the alerts of docs/operations.md', () => {
  test('are there', () => {
    expect(expressions.length).toBeGreaterThan(15);
  });

  test.each(expressions)('%s uses what is told', (expression) => {
    const series = told();
    const bare = expression.replace(/\{[^}]*\}/g, '').replace(/\[\d+[mh]\]/g, '');
    const names = [...bare.matchAll(/[a-z_][a-z0-9_]*/g)].map(([name]) => name).filter((name) => !/^e\d+$/.test(name));
    for (const name of names) expect(ofPrometheus.has(name) || series.has(name), name).toBe(true);
    for (const [, name = '', matchers = ''] of expression.matchAll(/([a-z_]+)\{([^}]*)\}/g)) {
      for (const [, label = '', value = ''] of matchers.matchAll(/([a-z]+)(?:!=|=)"([^"]*)"/g)) {
        if (name === 'up') continue;
        const known = series.get(name)?.get(label);
        expect([...(known ?? [])], `${name}{${label}}`).toContain(value);
      }
    }
  });

  test('would not pass with a name, a label or a value that is not told', () => {
    const series = told();
    expect([series.has('heddle_calls_total'), series.get('heddle_breakers')?.has('status')]).toEqual([false, false]);
    expect(series.get('heddle_events_total')?.get('kind')?.has('breaker.opend')).toBe(false);
  });
});

/** What `promtool check metrics` complains of. */
function complaintsOf({ name, help, type, values }: Family): readonly string[] {
  const unit = /_(?:seconds|bytes)(?:_total)?$/;
  const measures = /seconds|bytes|time|size|memory|lag/;
  const labels = values.flatMap((sample) => Object.keys(sample.labels).filter((label) => label !== 'le' || type !== 'histogram'));
  const wrongs: readonly (readonly [boolean, string])[] = [
    [!/^[A-Z0-9].{12,}[a-z).]$/.test(help) || !help.includes(' '), 'no help that stands alone'],
    [(type === 'counter') !== name.endsWith('_total'), 'counters, and no others, end in _total'],
    [!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name), 'snake case'],
    [/_(?:count|sum|bucket|info)$/.test(name), 'a suffix that means something else'],
    [/_(?:ms|millis|milliseconds|minutes|kb|mb|percent)(?:_|$)/.test(name), 'a unit that is no base unit'],
    [measures.test(name) && !unit.test(name), 'a measure without its unit at the end'],
    [/counter|gauge|histogram/.test(name), 'the type in the name'],
    [labels.some((label) => !/^[a-z]+$/.test(label) || label === 'le' || label === 'quantile'), 'a label that is reserved'],
  ];
  return wrongs.flatMap(([isWrong, words]) => (isWrong ? [`${name}: ${words}`] : []));
}

test('every metric keeps the conventions of Prometheus, and says in its own words what it is', () => {
  const told = families();
  expect(told.flatMap(complaintsOf)).toEqual([]);
  expect(new Set(told.map(({ help }) => help)).size).toBe(told.length);
  const bad = { name: 'heddle_wait_ms', help: 'Waits', type: 'counter', values: [{ labels: { quantile: 1 }, value: 1 }] } as const;
  expect(complaintsOf(bad)).toHaveLength(4);
});

test('the metrics of docs/observability.md are those that are told, all of them', () => {
  const table = observability.slice(observability.indexOf('| metric | what it says |'), observability.indexOf('With the listener on'));
  const listed = [...table.matchAll(/`((?:heddle|process|nodejs)_[a-z0-9_]+)/g)].map(([, name]) => name).sort();
  expect(listed).toEqual(
    families()
      .map(({ name }) => name)
      .sort(),
  );
});
