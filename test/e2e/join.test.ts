/** Case: a second machine joins by a token, and comes back without it. Real processes, as a user starts them. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connected } from './connected.ts';
import { functionsModule, Stage } from './processes.ts';

const stage = new Stage();
/** The command lines of docs/security.md, without their variables. */
const [shared = [], joined = [], rejoined = []] = linesOf(readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8'));

function linesOf(page: string): readonly (readonly string[])[] {
  const block = /```sh\n(heddle serve [^`]*--share[^`]*)```/.exec(page)?.[1] ?? '';
  return block
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(/^(?:\w+=\S+ )?heddle /, '')
        .replace('functions.ts', functionsModule)
        .split(' '),
    );
}

test('a token of heddle serve --share lets another machine join, which comes back without one', async () => {
  const [ours, theirs] = [await stage.path('ours'), await stage.path('theirs')];
  const boss = stage.heddle(...shared, '--host', '127.0.0.1', '--dir', ours);
  const token = (await boss.line(/^HEDDLE_JOIN_TOKEN=/)).slice('HEDDLE_JOIN_TOKEN='.length);
  const first = stage.heddleWith({ HEDDLE_JOIN_TOKEN: token }, ...joined, '--dir', theirs);
  const url = (await first.line(/^HEDDLE_URL=/)).slice('HEDDLE_URL='.length);
  const files = { cert: join(theirs, 'hand.pem'), key: join(theirs, 'hand.key'), ca: join(theirs, 'ca.pem') };
  const client = await connected(url, { tls: files });
  expect(await client.call('echo', ['across'], { target: 'boss', waitMs: 20_000 })).toBe('across');
  await client.close();
  expect(readdirSync(theirs).sort()).toEqual(['ca.pem', 'hand.key', 'hand.pem', 'join.json']);
  for (const file of readdirSync(theirs)) expect(statSync(join(theirs, file)).mode & 0o777).toBe(0o600);
  expect((await first.kill('SIGTERM')).code).toBe(0);

  const again = stage.heddle(...rejoined, '--dir', theirs);
  await again.line(/^HEDDLE_URL=/);
  const said = [boss, first, again].flatMap(({ errors }) => errors).join('\n');
  expect(said).toMatch(/hand was let in by the token, from 127\.0\.0\.1/);
  expect(said).not.toContain(token.slice(50, 90));
});
