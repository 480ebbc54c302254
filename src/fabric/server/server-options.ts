/**
 * What `startServer` was given, checked, with every default filled in.
 */

import { hostname } from 'node:os';
import type { Random } from '../../base/random.ts';
import { checkName, checkResources, describeFound } from '../../core/names.ts';
import { HeddleError } from '../../errors.ts';
import type { LogChoice } from '../../observe/log.ts';
import { isLoopback } from '../../transport/ports.ts';
import type { PortChoice } from '../../transport/transport.ts';
import { parseAddress, portMax } from '../api/addresses.ts';
import type { Functions, Listening, ServerOptions } from '../api/api.ts';
import { checkIdentity, type ResolvedIdentity } from '../api/identity-options.ts';
import { checkOptions } from '../api/known-options.ts';
import { checkSlotCounts, noSlots, type SlotCounts } from '../api/slot-counts.ts';
import { checkExposure, type Exposure } from '../api/tls-options.ts';
import type { DashboardChoice } from './dashboard-port.ts';
import { checkLog } from './log-choice.ts';

/** The options as the server uses them. */
export interface ResolvedServerOptions extends ResolvedIdentity {
  readonly name: string;
  readonly resources: readonly string[];
  readonly functions: Functions;
  readonly cluster: string;
  readonly host: string;
  readonly advertise: string | undefined;
  readonly slots: SlotCounts;
  readonly join: readonly string[];
  readonly port: PortChoice;
  readonly admin: { readonly host: string; readonly port: PortChoice } | undefined;
  readonly http: { readonly host: string; readonly port: PortChoice } | undefined;
  readonly dashboard: DashboardChoice | undefined;
  readonly log: LogChoice | undefined;
  readonly onListening: ((at: Listening) => void) | undefined;
}

const names = [
  'name',
  'resources',
  'functions',
  'cluster',
  'host',
  'advertise',
  'slots',
  'join',
  'port',
  'admin',
  'http',
  'tls',
  'insecure',
  'tokens',
  'permissions',
  'dashboard',
  'log',
  'onListening',
] as const;
const nameBytesMax = 64;
const joinMax = 1_000;
/** Of a dashboard's token: nobody guesses that many, ten a minute. */
const tokenCharsMin = 16;

/**
 * Throws `bad_argument`, and `bad_settings` for an address that would be open to everybody. `certified` is the name of its
 * certificate.
 */
export function resolveServerOptions(given: ServerOptions, random: Random, certified?: string): ResolvedServerOptions {
  const options = checkOptions(given, names, 'options');
  const isOpen = { hasTls: options['tls'] !== undefined, isMeant: checkFlag(options['insecure'], 'insecure') };
  const functions = options['functions'] ?? {};
  if (typeof functions !== 'object') throw wrong('functions', 'a record of functions', functions);
  const host = checkHost(options['host'] ?? '127.0.0.1', options['advertise'], isOpen);
  const { tokens, permissions } = given;
  return {
    ...checkIdentity({ tokens, permissions }, { host, hasTls: isOpen.hasTls }),
    name: nameOf(options['name'], random, certified),
    resources: options['resources'] === undefined ? [] : checkResources(options['resources'], ['options', 'resources']),
    functions: functions as Functions, // its members are the registry's to check
    cluster: options['cluster'] === undefined ? 'default' : checkName('cluster', options['cluster'], ['options', 'cluster']),
    host,
    advertise: options['advertise'] === undefined ? undefined : checkAddress(options['advertise'], 'advertise'),
    slots: options['slots'] === undefined ? noSlots : checkSlotCounts(options['slots'], ['options', 'slots']),
    join: checkJoin(options['join'] ?? []),
    port: checkPort(options['port'] ?? 'auto', 'port'),
    admin: options['admin'] === undefined ? undefined : checkAdmin(options['admin'], isOpen),
    http: options['http'] === undefined ? undefined : checkListener(options['http'], 'http'),
    dashboard: checkDashboard(options['dashboard'], permissions !== undefined),
    log: checkLog(options['log']),
    onListening: checkCallback(options['onListening']),
  };
}

function nameOf(name: unknown, random: Random, certified: string | undefined): string {
  if (name === undefined) return certified === undefined ? randomName(random) : checkName('server', certified, ['options', 'tls', 'cert']);
  const checked = checkName('server', name, ['options', 'name']);
  if (certified === undefined || certified === checked) return checked;
  const message = `is of "${certified}", and the server is called "${checked}": issue one for it (heddle ca issue ${checked}), or leave the name out`;
  throw new HeddleError('bad_settings', { problems: [{ key: 'tls.cert', message }] });
}

function randomName(random: Random): string {
  const suffix = Array.from({ length: 6 }, () => random.integer(36).toString(36)).join('');
  return `${hostname().slice(0, nameBytesMax - 7) || 'server'}-${suffix}`;
}

function checkHost(host: unknown, advertise: unknown, isOpen: Exposure): string {
  if (typeof host !== 'string' || host === '') throw wrong('host', 'an address to listen on', host);
  const isWildcard = host === '0.0.0.0' || host === '::' || host === '[::]';
  if (isWildcard && advertise === undefined)
    throw wrong('advertise', `the address by which others reach this server, because host is ${host}`, undefined);
  checkExposure(host, 'host', isOpen);
  return host;
}

function checkAddress(text: unknown, key: string): string {
  if (typeof text === 'string' && text !== '' && text.length <= 256 && !/[\s/]/.test(text)) return text;
  throw wrong(key, 'host or host:port', text);
}

function checkJoin(join: unknown): readonly string[] {
  if (!Array.isArray(join) || join.length > joinMax) throw wrong('join', `a list of at most ${joinMax} addresses`, join);
  return join.map((address, at) => parseAddress(address, ['options', 'join', at]));
}

function checkAdmin(given: unknown, isOpen: Exposure): ResolvedServerOptions['admin'] {
  const checked = checkListener(given, 'admin');
  checkExposure(checked.host, 'admin.host', isOpen);
  return checked;
}

/** Of a listener for an operator's tools: loopback, unless said. */
function checkListener(given: unknown, key: 'admin' | 'http' | 'dashboard'): { readonly host: string; readonly port: PortChoice } {
  const { host = '127.0.0.1', port = 'auto' } = checkOptions(given, ['host', 'port'], `options.${key}`);
  if (typeof host !== 'string' || host === '') throw wrong(`${key}.host`, 'an address to listen on', host);
  return { host, port: checkPort(port, `${key}.port`) };
}

/** Whoever reaches a dashboard can start calls: it is for this machine alone, or for those who know its token. */
function checkDashboard(given: unknown, hasRules: boolean): DashboardChoice | undefined {
  if (given === undefined || given === false) return undefined;
  const { token, ...where } =
    given === true ? { token: undefined } : checkOptions(given, ['host', 'port', 'token'], 'options', 'dashboard');
  const { host, port } = checkListener(where, 'dashboard');
  if (token !== undefined && (typeof token !== 'string' || token.length < tokenCharsMin))
    throw wrong(
      'dashboard.token',
      `a text of at least ${tokenCharsMin} characters`,
      typeof token === 'string' ? `one of ${token.length}` : token,
    );
  if (token === undefined && !isLoopback(host))
    throw wrong('dashboard.token', `a text of at least ${tokenCharsMin} characters, because the dashboard listens on ${host}`, token);
  if (token === undefined && hasRules)
    throw wrong(
      'dashboard.token',
      `a text of at least ${tokenCharsMin} characters, because it starts calls in the server's name, and there are rules`,
      token,
    );
  return { host, port, token };
}

function checkPort(port: unknown, key: string): PortChoice {
  if (port === 'auto') return port;
  if (isPort(port)) return port;
  if (typeof port === 'object' && port !== null && 'from' in port && 'to' in port) {
    const { from, to } = port;
    if (isPort(from) && isPort(to) && from <= to) return { from, to };
  }
  throw wrong(key, `'auto', a number from 0 to ${portMax}, or { from, to }`, port);
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= portMax;
}

function checkFlag(flag: unknown, key: string): boolean {
  if (flag === undefined || typeof flag === 'boolean') return flag ?? false;
  throw wrong(key, 'true or false', flag);
}

function checkCallback(listener: unknown): ((at: Listening) => void) | undefined {
  if (listener === undefined) return undefined;
  if (typeof listener !== 'function') throw wrong('onListening', 'a function', listener);
  return listener as (at: Listening) => void; // a function; what it makes of its argument is its own
}

function wrong(key: string, expected: string, found: unknown): HeddleError {
  return new HeddleError('bad_argument', { path: ['options', key], expected, found: describeFound(found) });
}
