/**
 * A client of every server, in a process of its own, that says on stdout what each thinks of each, whenever it changes,
 * with the milliseconds since it began; and how its calls went. Arguments: `name=url` of every server, then
 * `caller>callee` for each pair between which it calls one function after the other.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { HeddleError } from 'heddle';
import { connected } from './connected.ts';

const pollMs = 25;
const callEveryMs = 20;

const args = process.argv.slice(2);
const servers = new Map(args.filter((arg) => arg.includes('=')).map((arg) => split(arg, '=')));
const pairs = args.filter((arg) => arg.includes('>')).map((arg) => split(arg, '>'));

for (const [name, url] of servers) void watch(name, url);
for (const [from, to] of pairs) void call(from, to);

async function watch(name: string, url: string): Promise<void> {
  const client = await connected(url);
  const seen = new Map<string, string>();
  for (;;) {
    const members = await client.members().catch(() => undefined);
    for (const other of members ? servers.keys() : []) {
      const status = members?.find((member) => member.name === other)?.status ?? 'gone';
      if (seen.get(other) === status) continue;
      seen.set(other, status);
      say(`${name} holds ${other} for ${status}`);
    }
    await pause(pollMs);
  }
}

async function call(from: string, to: string): Promise<void> {
  const client = await connected(servers.get(from) ?? '');
  for (let done = 0; ; ) {
    try {
      await client.call('whoami', [], { target: to });
      done += 1;
      if (done % 50 === 0) say(`${from} has called ${to} ${done} times`);
    } catch (problem) {
      say(`${from} failed to call ${to}: ${HeddleError.is(problem) ? problem.code : String(problem)}`);
    }
    await pause(callEveryMs);
  }
}

function say(what: string): void {
  console.log(`${performance.now().toFixed(0)} ${what}`);
}

function split(text: string, by: string): [string, string] {
  const [before = '', after = ''] = text.split(by);
  return [before, after];
}
