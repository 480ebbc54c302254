/**
 * A log line as a person reads it in a terminal: time of day, level, event, what happened, and the fields that matter.
 */

import { printable } from './printable.ts';

const shownElsewhere: ReadonlySet<string> = new Set(['time', 'level', 'server', 'cluster', 'event', 'msg', 'stack']);
const colours: Readonly<Record<string, string>> = { error: '31', warn: '33', info: '32', debug: '90' };

/** `line`: as pino writes it. With a line break at its end. */
export function textOf(line: string, hasColour: boolean): string {
  const said = JSON.parse(line) as Readonly<Record<string, unknown>>; // an object, as pino writes one
  const paint = (text: string, code: string): string => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const level = String(said['level']);
  const fields = Object.entries(said).filter(([name]) => !shownElsewhere.has(name));
  const shown = fields.map(
    ([name, value]) => `${paint(`${printable(name)}=`, '90')}${typeof value === 'string' ? bare(value) : JSON.stringify(value)}`,
  );
  const stack = typeof said['stack'] === 'string' ? `\n${printable(said['stack']).replace(/^/gm, '    ')}` : '';
  const time = paint(String(said['time']).slice(11, 23), '90');
  const head = [time, paint(level.padEnd(5), colours[level] ?? '0'), paint(String(said['event']), '1'), printable(String(said['msg']))];
  return `${[head.join(' '), ...shown].join('  ')}${stack}\n`;
}

/** Without quotes where it can be told apart from its neighbours. */
function bare(text: string): string {
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}
