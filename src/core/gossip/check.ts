/**
 * Whether a record keeps the limits. Relays check too: what is against a limit is not passed on.
 */

import { type OwnerRecord } from './record.ts';
import { meshLimits } from './settings.ts';

const instancePattern = /^[0-9a-f]{32}$/;
const hashPattern = /^([0-9a-f]{64})?$/;

/** What is wrong with a record, or undefined. */
export function recordProblem(record: OwnerRecord): string | undefined {
  if (record.owner === '' || utf8Length(record.owner) > meshLimits.nameBytes) return `a name has 1 to ${meshLimits.nameBytes} bytes`;
  if (!instancePattern.test(record.instance)) return 'an instance is 128 bits in hex';
  if (!isCount(record.epoch) || !isCount(record.version)) return 'epoch and version are whole numbers';
  switch (record.kind) {
    case 'unknown':
      return record.raw.length > meshLimits.batchBytes ? `a record has at most ${meshLimits.batchBytes} bytes` : undefined;
    case 'obituary':
      return record.reports.length > meshLimits.reportsPerTarget ? `an obituary has at most ${meshLimits.reportsPerTarget} reports` : undefined;
    case 'member':
      if (utf8Length(record.url) > meshLimits.urlBytes) return `an address has at most ${meshLimits.urlBytes} bytes`;
      if (!hashPattern.test(record.bodyHash)) return 'a body is named by 256 bits in hex';
      return resourcesProblem(record.resources);
  }
}

/** What is wrong with a server's resources, or undefined. */
export function resourcesProblem(resources: readonly string[]): string | undefined {
  if (resources.length > meshLimits.resources) return `a server has at most ${meshLimits.resources} resources`;
  const tooLong = resources.find((resource) => resource === '' || utf8Length(resource) > meshLimits.resourceBytes);
  return tooLong === undefined ? undefined : `a resource has 1 to ${meshLimits.resourceBytes} bytes`;
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
