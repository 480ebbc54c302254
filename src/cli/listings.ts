/**
 * `heddle members` and `heddle catalog`: what is there now, as columns or, with `--json`, in the shapes of the API.
 */

import type { Member, Offer } from '../index.ts';
import { type ConnectFlags, withClient } from './connection.ts';
import { type Terminal, table } from './terminal.ts';

export interface ListFlags extends ConnectFlags {
  readonly json?: boolean | undefined;
}

export async function members(terminal: Terminal, flags: ListFlags): Promise<void> {
  const list = await withClient(flags, (client) => client.members());
  terminal.out(flags.json ? JSON.stringify(list) : membersText(list));
}

export async function catalog(terminal: Terminal, flags: ListFlags): Promise<void> {
  const list = await withClient(flags, (client) => client.catalog());
  terminal.out(flags.json ? JSON.stringify(list) : catalogText(list));
}

export function membersText(list: readonly Member[]): string {
  const rows = list.map(({ name, url, status, epoch, evidence, root, resources }) => {
    return [name, url, status, `${epoch}`, evidence.join(', '), root ?? '', resources.join(', ')];
  });
  return table([['NAME', 'URL', 'STATUS', 'EPOCH', 'EVIDENCE', 'ROOT', 'RESOURCES'], ...rows]);
}

export function catalogText(list: readonly Offer[]): string {
  const rows = list.map((offer) => [offer.function, offer.version, offer.server, offer.effect, offer.resources.join(', ')]);
  return table([['FUNCTION', 'VERSION', 'SERVER', 'EFFECT', 'RESOURCES'], ...rows]);
}
