/**
 * Points over time, drawn by uPlot: latency (p50 and p99), or calls and failures a second.
 */

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { count, milliseconds } from '../../../observe/figures.ts';
import type { Point } from '../../../observe/gauges.ts';
import { nowMs } from '../browser.ts';

export interface ChartProps {
  readonly label: string;
  readonly points: readonly Point[];
  readonly kind: 'latency' | 'rate';
  /** Told of the point that a pointer is at; undefined once it has left. */
  readonly point: (at: number | undefined) => void;
}

/** What is in sight, in seconds: what is known, and at least the first of these. */
const [spanSecondsMin, spanSeconds] = [60, 300];
const height = { latency: 130, rate: 84 } as const;

export function Chart({ label, points, kind, point }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  useEffect(() => {
    const host = frame.current;
    if (!host) return undefined;
    const made = new uPlot(optionsOf(host, kind, point), [[]], host);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: height[kind] }));
    watch.observe(host);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [kind]);
  useEffect(() => {
    plot.current?.setData(dataOf(points, kind), true);
  });
  return <div class={`chart ${kind}`} ref={frame} role="img" aria-label={label} />;
}

function dataOf(points: readonly Point[], kind: ChartProps['kind']): uPlot.AlignedData {
  const times = points.map(({ atMs }) => atMs / 1_000);
  if (kind === 'latency') return [times, points.map(({ p50Ms }) => p50Ms ?? null), points.map(({ p99Ms }) => p99Ms ?? null)];
  return [times, points.map(({ callsPerSecond }) => callsPerSecond), points.map(({ failedPerSecond }) => failedPerSecond)];
}

function optionsOf(host: HTMLElement, kind: ChartProps['kind'], point: ChartProps['point']): uPlot.Options {
  const style = getComputedStyle(host);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const [first, second] = kind === 'latency' ? ['--accent', '--warn'] : ['--accent', '--bad'];
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    font: '11px system-ui',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const show = kind === 'latency' ? milliseconds : count;
  return {
    width: host.clientWidth || 400,
    height: height[kind],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? undefined)] },
    padding: [8, 8, 0, 0],
    scales: {
      x: { time: true, range: (_plot, first) => rangeOf(first) },
      y: { range: (_plot, _low, high) => [0, Math.max(high * 1.15, kind === 'latency' ? 1 : 0.5)] },
    },
    axes: [
      { ...axis, size: 26, space: 76, values: (_plot, seconds) => seconds.map(minutesOf) },
      { ...axis, size: 62, space: 24, values: (_plot, values) => values.map((value) => show(value)) },
    ],
    series: [
      {},
      { stroke: colour(first ?? ''), width: 1.5, points: { show: false }, fill: kind === 'rate' ? colour('--accent-soft') : '' },
      { stroke: colour(second ?? ''), width: 1.5, points: { show: false } },
    ],
  };
}

function rangeOf(first: number | null): [number, number] {
  const now = nowMs.peek() / 1_000;
  return [Math.max(now - spanSeconds, Math.min(first ?? now, now - spanSecondsMin)), now];
}

function minutesOf(seconds: number): string {
  const at = new Date(seconds * 1_000);
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}${at.getSeconds() === 0 ? '' : `:${String(at.getSeconds()).padStart(2, '0')}`}`;
}
