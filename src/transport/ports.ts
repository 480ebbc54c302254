/**
 * Which ports to try, what to say when none can be bound, and how a host and its port are written.
 */

import { isIP } from 'node:net';
import { HeddleError } from '../errors.ts';
import type { PortChoice } from './transport.ts';

/** Whether `port` is one of those that the choice allows. */
export function isAllowed(choice: PortChoice, port: number): boolean {
  if (choice === 'auto') return true;
  if (typeof choice === 'number') return port === choice;
  return port >= choice.from && port <= choice.to;
}

/** `7420`, `any port`, `7420-7429`. */
function choiceText(choice: PortChoice): string {
  if (choice === 'auto') return 'any port';
  return typeof choice === 'number' ? `${choice}` : `${choice.from}-${choice.to}`;
}

/** `host:port`; an IPv6 address stands in brackets. */
export function authorityOf(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `host:port` under which others reach a server that listens at `host` and `port`. */
export function advertisedAddress(advertise: string | undefined, at: { readonly host: string; readonly port: number }): string {
  const host = advertise ?? at.host;
  if (/^(?:\[.*\]|[^:]+):\d+$/.test(host)) return host;
  return authorityOf(host, at.port);
}

/** The host of `host:port`, without brackets; an IPv6 address may stand bare, as sockets tell it. */
export function hostOf(address: string): string {
  return bare(address.slice(0, address.lastIndexOf(':')));
}

/** Whether a host is reached from this machine alone. A name counts as open, except for `localhost`. */
export function isLoopback(host: string): boolean {
  const name = bare(host).toLowerCase();
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** Throws `bad_settings` for a choice that names no port. */
export function checkChoice(choice: PortChoice): void {
  if (choice === 'auto') return;
  const { from, to } = typeof choice === 'number' ? { from: choice, to: choice } : choice;
  if (isPort(from) && isPort(to) && from <= to) return;
  throw portProblem(`${choiceText(choice)} is no port; give a number from 1 to 65535, a range of them, or "auto"`);
}

/** The whole choice is taken. */
export function portTaken(choice: PortChoice, host: string): HeddleError {
  if (typeof choice === 'number') {
    return portProblem(`port ${choice} on ${host} is taken; stop what listens there, or choose another port, a range or "auto"`);
  }
  return portProblem(`every port of ${choiceText(choice)} on ${host} is taken; stop what listens there, or give a wider range`);
}

/** The system refuses it for another reason. */
export function portRefused(choice: PortChoice, host: string, error: Error): HeddleError {
  return portProblem(
    `cannot listen on ${choiceText(choice)} of ${host}: ${error.message}; give a host of this machine and a port that this user may bind`,
    error,
  );
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function portProblem(message: string, cause?: Error): HeddleError {
  return new HeddleError('bad_settings', { problems: [{ key: 'port', message }] }, cause ? { cause } : {});
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
