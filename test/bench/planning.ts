/**
 * P8: how long it takes to read, check and order workflows of many commands, in this process.
 */

import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Catalog } from '../../src/core/catalog/catalog.ts';
import { Router } from '../../src/core/routing/router.ts';
import { checkOffers } from '../../src/core/workflow/check.ts';
import type { Command } from '../../src/core/workflow/data.ts';
import { Experience } from '../../src/core/workflow/experience.ts';
import { parseWorkflow } from '../../src/core/workflow/parse.ts';
import { Explainer } from '../../src/fabric/explain/explainer.ts';
import { WorkflowExplainer } from '../../src/fabric/explain/workflow-explainer.ts';
import { RunPlanner } from '../../src/fabric/run/run-planner.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { type Measurement, median, renderTable } from './measurement.ts';
import { shapesOf, sizes } from './shapes.ts';

/** The target: all of it, for 10,000 commands. */
const planningMsMax = 100;

interface PlanningRow {
  readonly shape: string;
  readonly commands: number;
  readonly edges: number;
  /** Medians over the rounds, in milliseconds. */
  readonly checkMs: number;
  /** `explain` of the same: read, checked, and a server found for every step. */
  readonly planMs: number;
}

const servers = ['loom-0', 'loom-1', 'loom-2'];
const random = seededRandom('planning');

const shapes = shapesOf(random);

export const planning: Measurement = {
  title: `read, check, order and plan workflows; target: 10,000 commands in ${planningMsMax} ms, linear`,
  measure: ({ rounds, onProgress }) => {
    onProgress(`${Object.keys(shapes).length} shapes, up to ${sizes.at(-1)} commands, in this process`);
    const measured = measurePlanning(rounds);
    return Promise.resolve({ data: { shapes: measured }, table: planningTable(measured) });
  },
};

function measurePlanning(rounds: number): readonly PlanningRow[] {
  const catalog = catalogOf(servers);
  return Object.entries(shapes).flatMap(([shape, make]) => {
    // The engine has seen the shape before it is timed.
    for (let round = 0; round < rounds; round += 1) check(make(1_000), catalog);
    return sizes.map((size) => {
      const commands = make(size);
      const measured = Array.from({ length: rounds }, () => check(commands, catalog));
      const explainer = explainerOf(catalog);
      const planMs = median(Array.from({ length: rounds }, () => timed(() => explainer.explain({ workflow: commands }))));
      const checkMs = median(measured.map((one) => one.checkMs));
      return { shape, commands: commands.length, edges: measured[0]?.edges ?? 0, checkMs, planMs };
    });
  });
}

function planningTable(rows: readonly PlanningRow[]): string {
  return renderTable({
    title: planning.title,
    head: ['shape', 'commands', 'edges', 'check ms', 'plan ms', 'us each', ''],
    lines: rows.map(({ shape, commands, edges, checkMs, planMs }) => [
      shape,
      String(commands),
      String(edges),
      checkMs.toFixed(1),
      planMs.toFixed(1),
      ((planMs / commands) * 1_000).toFixed(2),
      commands < 10_000 ? '' : planMs <= planningMsMax ? 'met' : 'missed',
    ]),
    notes: ['plan ms: read, checked, ordered, and a server found for every step, in this process beside nobody'],
  });
}

function explainerOf(catalog: Catalog): WorkflowExplainer {
  const router = new Router({ catalog, random });
  const clock = systemClock;
  const experience = new Experience();
  const planner = new RunPlanner({ router, clock, instance: 'here', experience, isReachable: () => false });
  return new WorkflowExplainer({ server: 'here', explainer: new Explainer({ catalog, router, clock }), planner });
}

function timed(work: () => unknown): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

function check(commands: readonly Command[], catalog: Catalog): { readonly checkMs: number; readonly edges: number } {
  const startMs = performance.now();
  const { checked } = parseWorkflow(commands, { hasInput: false, encode: (value) => encodeValue(value) });
  checkOffers(checked, catalog, 0);
  const checkMs = performance.now() - startMs;
  return { checkMs, edges: checked.commands.reduce((sum, { needs }) => sum + needs.length, 0) };
}

function catalogOf(names: readonly string[]): Catalog {
  const catalog = new Catalog();
  const record = { name: 'work', version: '1.0.0', effect: 'pure', kind: 'call', resources: [] } as const;
  for (const name of names) catalog.setOffers({ name, instance: name, resources: [] }, { functions: [record] }, 0);
  return catalog;
}
