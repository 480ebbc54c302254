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
  measure: async ({ rounds, onProgress }) => {
    onProgress(`${Object.keys(shapes).length} shapes, up to ${sizes.at(-1)} commands, in this process`);
    const measured = await measurePlanning(rounds);
    return { data: { shapes: measured }, table: planningTable(measured) };
  },
};

async function measurePlanning(rounds: number): Promise<readonly PlanningRow[]> {
  const catalog = catalogOf(servers);
  const rows: PlanningRow[] = [];
  for (const [shape, make] of Object.entries(shapes)) {
    // The engine has seen the shape before it is timed.
    for (let round = 0; round < rounds; round += 1) check(make(1_000), catalog);
    for (const size of sizes) rows.push({ shape, ...(await measured(make(size), catalog, rounds)) });
  }
  return rows;
}

async function measured(commands: readonly Command[], catalog: Catalog, rounds: number): Promise<Omit<PlanningRow, 'shape'>> {
  const checked = Array.from({ length: rounds }, () => check(commands, catalog));
  const explainer = explainerOf(catalog);
  const planned: number[] = [];
  for (let round = 0; round < rounds; round += 1) planned.push(await timed(() => explainer.explain({ workflow: commands })));
  const checkMs = median(checked.map((one) => one.checkMs));
  return { commands: commands.length, edges: checked[0]?.edges ?? 0, checkMs, planMs: median(planned) };
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

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
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
