/**
 * Metrics as the text that Prometheus scrapes, by prom-client, which is loaded with the first scrape.
 *
 * P1 what a module of the user's registers with prom-client (its default registry) is told with it.
 */

import type { Family } from './families.ts';

/** The text, and its content type. `families` are told first. */
export async function prometheusText(families: readonly Family[]): Promise<{ readonly type: string; readonly body: string }> {
  const { Registry, register: users } = await import('prom-client');
  const own = new Registry();
  // A name may be told once: what the user collects of the process is theirs.
  for (const family of families) if (!users.getSingleMetric(family.name)) own.registerMetric(metricOf(family));
  const texts = [await own.metrics(), ...(users.getMetricsAsArray().length > 0 ? [await users.metrics()] : [])];
  return { type: own.contentType, body: texts.join('\n') };
}

type Metric = Parameters<InstanceType<typeof import('prom-client').Registry>['registerMetric']>[0];

/** A registry asks a metric for its name and its values, and for nothing else of what the class has. */
function metricOf(family: Family): Metric {
  const metric = { name: family.name, get: async () => family };
  return metric as unknown as Metric; // all of it that a registry looks at
}
