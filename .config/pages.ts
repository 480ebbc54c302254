/**
 * The texts that are made of tables in the code, by path: settings.toml, and the pages of errors, settings, limits, events.
 */
import { errorTable } from '../src/errors.ts';
import { eventTable } from '../src/observe/events.ts';
import { kindsAt, levelsOf } from '../src/observe/log-table.ts';
import { type Knob, listKnobs } from '../src/settings/schema.ts';
import { variableOf } from '../src/settings/sources.ts';
import { limits } from './limits.ts';

/** Every generated file: path from the top, and text. */
export function generatedPages(): Readonly<Record<string, string>> {
  return {
    'settings.toml': settingsFile(),
    'docs/settings.md': settingsPage(),
    'docs/errors.md': errorsPage(),
    'docs/events.md': eventsPage(),
    'docs/limits.md': limitsPage(),
  };
}

function settingsFile(): string {
  const head = [
    '# Every knob of a Heddle server, with its default. `heddle serve --settings FILE` starts a server from such a file;',
    '# a file needs only the lines that differ. Order: defaults < file < HEDDLE_* environment < flags.',
    '# Made by `npm run docs` from src/settings/schema.ts.',
  ];
  const body = sections().flatMap(([section, knobs]) => ['', `[${section}]`, ...knobs.flatMap(knobLines)]);
  return `${[...head, ...body].join('\n')}\n`;
}

function knobLines({ key, facts, byDefault }: Knob): readonly string[] {
  const line = byDefault === undefined ? `# ${key} = ${toml(facts.example)}` : `${key} = ${toml(byDefault)}`;
  return [`# ${facts.reason}${facts.unit === undefined ? '' : ` Unit: ${facts.unit}.`}`, line];
}

function settingsPage(): string {
  const tables = sections().flatMap(([section, knobs]) => [
    '',
    `## [${section}]`,
    '',
    '| key | default | environment | what it is for |',
    '|---|---|---|---|',
    ...knobs.map((knob) => {
      const byDefault = knob.byDefault === undefined ? '-' : `\`${toml(knob.byDefault)}\`${knob.facts.unit === undefined ? '' : ` ${knob.facts.unit}`}`;
      return `| \`${knob.key}\` | ${byDefault} | \`${variableOf(knob)}\` | ${knob.facts.reason} |`;
    }),
  ]);
  return page('Settings', [
    'A file is enough to start a whole server: `heddle serve --settings settings.toml`. The file at the top of this repository lists',
    'every knob with its default; yours needs only what differs. Values come, each over the one before, from the defaults, the file, the',
    'environment (lists separated by commas, `gpu=1,db=4` for counts) and the flags of the command line.',
    '',
    'An unknown key is an error that names the nearest known one; a wrong value names file, line, key, what was expected and what was',
    'found; values that contradict one another are refused with both in the message.',
    ...tables,
  ]);
}

function errorsPage(): string {
  return page('Errors', [
    'Every failure is a `HeddleError` with a `code`, and says in `executed` whether the function ran: `no`, `maybe` or `yes`. The column',
    'shows what one attempt can say; a call says the strongest over its attempts.',
    '',
    '```ts',
    "import { HeddleError } from 'heddle';",
    '',
    'try {',
    "  await client.call('ledger.pay', [42]);",
    '} catch (error) {',
    "  if (HeddleError.is(error, 'deadline_exceeded') && error.executed === 'maybe') console.error('it may have been paid');",
    '  else throw error;',
    '}',
    '```',
    '',
    'Retry: `free` is tried again elsewhere at once; `paid` after a wait and a few times only; `safe` only for a function declared `pure` or',
    '`idempotent`; `retryable` if the error of the handler says so; `never` not at all.',
    '',
    '| code | meaning | ran? | retry | counts for the breaker | gRPC status | who can mend it |',
    '|---|---|---|---|---|---|---|',
    ...Object.entries(errorTable).map(
      ([code, { meaning, executed, retry, isBreakerFailure, grpc, mender }]) =>
        `| \`${code}\` | ${meaning} | ${executed.join(', ')} | ${retry} | ${isBreakerFailure ? 'yes' : 'no'} | ${grpc} | ${mender} |`,
    ),
  ]);
}

function eventsPage(): string {
  return page('Events', [
    '`server.on(kind, listener)` hears what happens in one server and returns its own removal. An event is plain data; a listener that',
    'throws is never felt by a call.',
    '',
    '```ts',
    "const stop = server.on('breaker.opened', ({ server, code }) => console.error(`${server}: ${code}`));",
    '```',
    '',
    'Its level is how loud it is in a [log](observability.md#logs); of two, the second is that of an event that says that something went wrong.',
    '',
    '| event | when | level |',
    '|---|---|---|',
    ...kindsAt('debug').map((kind) => `| \`${kind}\` | ${eventTable[kind]} | ${levelsOf(kind).join(', ')} |`),
  ]);
}

function limitsPage(): string {
  return page('Limits', [
    'Everything is bounded. These are the numbers that a user can meet; each has a test at the edge and one beyond.',
    '',
    '| what | limit | beyond it |',
    '|---|---|---|',
    ...limits.map(({ what, limit, beyond }) => `| ${what} | ${limit} | ${beyond} |`),
  ]);
}

function page(title: string, lines: readonly string[]): string {
  return `${[`# ${title}`, '', '<!-- Made by `npm run docs` from the tables in the code. -->', '', ...lines].join('\n')}\n`;
}

function sections(): readonly [string, readonly Knob[]][] {
  const knobs = listKnobs();
  return [...new Set(knobs.map(({ section }) => section))].map((name) => [name, knobs.filter(({ section }) => section === name)]);
}

/** A default as TOML writes it; numbers with `_`, as TOML allows. */
function toml(value: unknown): string {
  return typeof value === 'number' ? value.toLocaleString('en-US').replaceAll(',', '_') : JSON.stringify(value);
}
