/**
 * Whether a record keeps the limits. Relays check too: what is against a limit is not passed on.
 */

import { nameProblem, resourcesMax } from '../names.ts';
import type { OwnerRecord } from './record.ts';
import { meshLimits } from './settings.ts';

const instancePattern = /^[0-9a-f]{32}$/;
const hashPattern = /^([0-9a-f]{64})?$/;

/** What is wrong with a record, or undefined. */
export function recordProblem(record: OwnerRecord): string | undefined {
  const name = nameProblem('server', record.owner);
  if (name) return `expected ${name.expected}, found ${name.found}`;
  if (!instancePattern.test(record.instance)) return 'an instance is 128 bits in hex';
  if (!isCount(record.epoch) || !isCount(record.version)) return 'epoch and version are whole numbers';
  switch (record.kind) {
    case 'unknown':
      return record.raw.length > meshLimits.batchBytes ? `a record has at most ${meshLimits.batchBytes} bytes` : undefined;
    case 'obituary':
      return record.reports.length > meshLimits.reportsPerTarget
        ? `an obituary has at most ${meshLimits.reportsPerTarget} reports`
        : undefined;
    case 'member':
      if (record.url.length > meshLimits.urlCharacters) return `an address has at most ${meshLimits.urlCharacters} characters`;
      if (!hashPattern.test(record.bodyHash)) return 'a body is named by 256 bits in hex';
      if (record.adopters.length > meshLimits.adopters) return `a server names at most ${meshLimits.adopters} adopters`;
      if (record.adopters.some((name) => nameProblem('server', name) !== undefined)) return 'an adopter is named by the name of a server';
      return resourcesProblem(record.resources);
  }
}

function resourcesProblem(resources: readonly string[]): string | undefined {
  if (resources.length > resourcesMax) return `a server has at most ${resourcesMax} resources`;
  const wrong = resources.map((resource) => nameProblem('resource', resource)).find((problem) => problem !== undefined);
  return wrong && `expected ${wrong.expected}, found ${wrong.found}`;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
