/**
 * News of the catalog as bytes: `heddle.v1.CatalogNews`, for clients of a session and, inside `WatchEvent`, for those of
 * other languages.
 *
 * K1 what a peer sent is checked like what the mesh says: names, addresses, bodies (mesh-body.ts).
 */

import type { CatalogNews, CatalogServer } from '../core/catalog/news.ts';
import type { CatalogBody } from '../core/catalog/offer.ts';
import type { ServerStatus } from '../core/catalog/server-state.ts';
import { nameProblem, resourcesMax } from '../core/names.ts';
import { decodeBody, encodeBody } from './mesh-body.ts';
import { bytesTag, ProtoReader, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

const roomBytes = 4_096;
const addressBytesMax = 512;
const statuses: readonly ServerStatus[] = ['alive', 'suspect', 'unreachable', 'leaving', 'left', 'dead'];

export function encodeCatalogNews(news: CatalogNews): Uint8Array {
  const writer = new ProtoWriter(roomBytes);
  writeNews(writer, news);
  return writer.finish();
}

/** One message of `Fabric.Watch`. */
export function encodeCatalogEvent(news: CatalogNews): Uint8Array {
  const writer = new ProtoWriter(roomBytes);
  writeNews(writer, news);
  writer.message(1, 0);
  return writer.finish();
}

/** Throws `protocol_error`. */
export function decodeCatalogNews(bytes: Uint8Array): CatalogNews {
  const reader = new ProtoReader(bytes);
  const gone: string[] = [];
  const servers: CatalogServer[] = [];
  let isWhole = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) gone.push(reader.string());
    else if (tag === bytesTag(2)) servers.push(readServer(reader));
    else if (tag === varintTag(3)) isWhole = reader.flag();
    else reader.skip(tag);
  }
  return { gone, servers, isWhole };
}

function writeNews(writer: ProtoWriter, { gone, servers, isWhole }: CatalogNews): void {
  writer.flag(3, isWhole);
  for (const server of [...servers].reverse()) writeServer(writer, server);
  writer.strings(1, gone);
}

function writeServer(writer: ProtoWriter, server: CatalogServer): void {
  const mark = writer.mark();
  if (server.offers) writer.presentBytes(7, encodeBody(server.offers));
  writer.strings(6, server.resources);
  writer.uint(5, server.epoch);
  writer.string(4, server.status);
  writer.string(3, server.url);
  writer.string(2, server.instance);
  writer.string(1, server.name);
  writer.message(2, mark);
}

function readServer(reader: ProtoReader): CatalogServer {
  const outer = reader.enter();
  const texts = { name: '', instance: '', url: '', status: '' };
  const resources: string[] = [];
  let epoch = 0;
  let offers: CatalogBody | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) texts.name = reader.string();
    else if (tag === bytesTag(2)) texts.instance = reader.string();
    else if (tag === bytesTag(3)) texts.url = reader.string();
    else if (tag === bytesTag(4)) texts.status = reader.string();
    else if (tag === varintTag(5)) epoch = reader.uint();
    else if (tag === bytesTag(6)) resources.push(reader.string());
    else if (tag === bytesTag(7)) offers = decodeBody(reader.bytes());
    else reader.skip(tag);
  }
  reader.leave(outer);
  const { name, instance, url } = texts;
  // A status of a later version: not one that a call should go to first.
  const status = statuses.find((known) => known === texts.status) ?? 'unreachable';
  return checked({ name, instance, url, status, epoch, resources, ...(offers ? { offers } : {}) });
}

function checked(server: CatalogServer): CatalogServer {
  const { name, instance, url, resources } = server;
  const problem = nameProblem('server', name);
  if (problem) throw protocolError(`news of a server called ${problem.found}`);
  if (instance === '' || instance.length > 64) throw protocolError('news of a server without a usable instance');
  if (url === '' || url.length > addressBytesMax) throw protocolError('news of a server without a usable address');
  if (resources.length > resourcesMax || resources.some((resource) => nameProblem('resource', resource) !== undefined))
    throw protocolError('news of a server with resources that cannot be');
  return server;
}
