/**
 * Where the steps of a run are drawn: layers from left to right, as dagre arranges them.
 *
 * A graph of over `nodesMax` steps is not drawn: its layout would hold the page up, and nobody could follow it.
 */

import { Graph, layout } from '@dagrejs/dagre';

export interface Box {
  readonly step: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly path: string }[];
}

export const nodesMax = 250;
const box = { width: 168, height: 42 } as const;

/** Undefined where there are too many. */
export function arrange(steps: readonly { readonly step: string; readonly needs: readonly string[] }[]): Drawing | undefined {
  if (steps.length > nodesMax) return undefined;
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 46, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { step } of steps) graph.setNode(step, { ...box });
  for (const { step, needs } of steps) for (const need of needs) graph.setEdge(need, step);
  layout(graph);
  const boxes = steps.map(({ step }): Box => {
    const { x, y } = graph.node(step);
    return { step, x: (x ?? 0) - box.width / 2, y: (y ?? 0) - box.height / 2, ...box };
  });
  const places = new Map(boxes.map((one) => [one.step, one]));
  const edges = graph.edges().map(({ v, w }: { readonly v: string; readonly w: string }) => {
    const [from, to] = [places.get(v), places.get(w)];
    const bends = (graph.edge(v, w).points ?? []).slice(1, -1);
    return { from: v, to: w, path: from && to ? curve([rightOf(from), ...bends, leftOf(to)]) : '' };
  });
  const { width = 0, height = 0 } = graph.graph();
  return { width: Math.ceil(width), height: Math.ceil(height), boxes, edges };
}

/** Lines leave a box on its right and reach the next on its left. */
function rightOf({ x, y, width, height }: Box): { readonly x: number; readonly y: number } {
  return { x: x + width, y: y + height / 2 };
}

function leftOf({ x, y, height }: Box): { readonly x: number; readonly y: number } {
  return { x, y: y + height / 2 };
}

/** A smooth line through the points, level at each: it leaves a box and reaches the next as the layers run. */
function curve(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let [path, from] = [`M${first.x.toFixed(1)} ${first.y.toFixed(1)}`, first];
  for (const point of rest) {
    const middle = ((from.x + point.x) / 2).toFixed(1);
    path += ` C${middle} ${from.y.toFixed(1)} ${middle} ${point.y.toFixed(1)} ${point.x.toFixed(1)} ${point.y.toFixed(1)}`;
    from = point;
  }
  return path;
}
