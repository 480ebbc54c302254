/**
 * A workflow against the catalog: every command's function is offered somewhere, in a version and with resources
 * that it accepts, before anything runs.
 *
 * M1 every command that cannot run is reported, with what exists instead: nearest names, versions, what is missing.
 * M2 what the catalog says is of this moment: an offer may go before the step runs, and the step's call says so then.
 * M3 a function whose last offer has just gone passes: its server may be restarting, and the step's call waits for it.
 * M4 where schemas of both ends of an edge are known, an edge that can pass no value is reported too (check-edges.ts).
 * M5 a stream whose items are known not to be bytes is refused as a step; of others the first item shows it.
 */

import type { OfferQuery } from '../catalog/match.ts';
import type { Offer } from '../catalog/server-state.ts';
import { wordsUnlessBytes } from '../schema/fit.ts';
import { readSchemas } from '../schema/json-schema.ts';
import { checkEdges } from './check-edges.ts';
import { short } from './fields.ts';
import { askedKindOf, type OfferSource, queryKey, queryOf } from './offer-source.ts';
import { Problems } from './problems.ts';
import type { CheckedWorkflow } from './workflow.ts';

/** Different reasons that one problem lists. */
const reasonsMax = 8;

/** Throws `bad_workflow`. Cost: the commands, and for each different demand the offers of its function; for edges see check-edges.ts. */
export function checkOffers(workflow: CheckedWorkflow, offers: OfferSource, nowMs: number): void {
  const problems = new Problems();
  const known = new Map<string, string | undefined>();
  const faultOf = (query: OfferQuery): string | undefined => {
    const key = queryKey(query);
    if (!known.has(key)) known.set(key, findFault(query, offers, nowMs));
    return known.get(key);
  };
  for (const { command } of workflow.commands) {
    const fault = faultOf(queryOf(command, askedKindOf(command)));
    if (fault) problems.report(fault, command.name);
    const undoFault = command.compensate && faultOf(queryOf(command.compensate, 'call'));
    if (undoFault) problems.report(`compensate: ${undoFault}`, command.name);
  }
  checkEdges(workflow, offers, problems);
  if (problems.count > 0) throw problems.error();
}

function findFault(query: OfferQuery, source: OfferSource, nowMs: number): string | undefined {
  const offers = source.offersOf(query.function);
  if (offers.length === 0) {
    if (source.hasJustVanished(query.function, nowMs)) return undefined;
    const near = source.nearest(query.function).map((name) => `"${name}"`);
    return `no server offers "${short(query.function)}"${near.length === 0 ? '' : `; the nearest names are ${near.join(', ')}`}`;
  }
  const mismatch = source.mismatchTest(query);
  const whyNot = (offer: Offer): string | undefined => strangeStream(offer, query) ?? mismatch(offer);
  const reasons = new Map<string, string[]>();
  for (const offer of offers) {
    const why = whyNot(offer);
    if (why === undefined) return undefined;
    const servers = reasons.get(why);
    if (servers) servers.push(offer.server.name);
    else reasons.set(why, [offer.server.name]);
  }
  return `no offer of "${query.function}" matches ${source.wantedText(query)}; there are: ${reasonsText(reasons)}`;
}

/** M5. Bytes have no JSON Schema: items of which one says what they are, are none. */
function strangeStream({ record }: Offer, { kind }: OfferQuery): string | undefined {
  if (record.kind === 'call') return undefined;
  if (kind !== 'step') return 'yields a stream, and what undoes a step or is called for each element gives one result';
  const { output } = readSchemas(record);
  const items = output && wordsUnlessBytes(output);
  return items && `yields a stream of which each item is ${items}, and a step takes one result or a stream of bytes (Uint8Array)`;
}

function reasonsText(reasons: ReadonlyMap<string, readonly string[]>): string {
  const texts = [...reasons].slice(0, reasonsMax).map(([why, servers]) => {
    const others = servers.length - 1;
    return `${servers[0]}${others === 0 ? '' : ` and ${others} more`}: ${why}`;
  });
  if (reasons.size > reasonsMax) texts.push(`${reasons.size - reasonsMax} other reasons`);
  return texts.join('; ');
}
