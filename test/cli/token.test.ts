import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clientToken } from '../../src/cli/token-source.ts';
import { connect, startServer } from '../../src/index.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { serverInput } from '../../src/settings/server-options.ts';
import { heddleSays } from './terminal.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'heddle-token-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test('heddle token makes keys once, and tokens that a server of such settings believes (T1, T2, T3)', async () => {
  const dir = folder();
  const made = await heddleSays('token', 'keys', '--dir', dir);
  expect([made.code, made.out]).toEqual([0, join(dir, 'tokens.pub')]);
  expect(statSync(join(dir, 'tokens.key')).mode & 0o777).toBe(0o600);
  const key = readFileSync(join(dir, 'tokens.key'), 'utf8');
  const issued = await heddleSays('token', 'issue', 'alice', '--for', '15m', '--cluster', 'cli', '--dir', dir);
  expect([issued.code, readFileSync(join(dir, 'tokens.key'), 'utf8')]).toEqual([0, key]);
  expect(issued.notes).not.toContain(issued.out);
  expect(issued.notes).toContain('a token of "alice" for the cluster "cli"');
  const text = `
[cluster]
name = "cli"
[tokens]
keys = ["tokens.pub"]
[[permissions]]
who = ["server:*"]
may = ["serve"]
names = ["*"]
[[permissions]]
who = ["alice"]
may = ["call"]
names = ["add"]
`;
  const { options } = serverInput(loadSettings({ file: { text, name: 'settings.toml' } }), (path) => join(dir, path));
  const server = await startServer({ ...options, functions: { add: (a: number, b: number) => a + b } });
  onTestFinished(() => server.stop());
  const client = await connect(server.url, { token: issued.out });
  onTestFinished(() => client.close());
  expect(await client.call('add', [1, 2])).toBe(3);
  const refused = await heddleSays('call', 'add', '1', '2', '--url', server.url);
  expect([refused.code, refused.notes]).toEqual([3, expect.stringMatching(/^unauthenticated: .*HEDDLE_TOKEN/)]);
});

test('what makes no sense is said, with what would have', async () => {
  const dir = folder();
  for (const [args, message] of [
    [['issue', 'alice', '--for', 'ever'], /"ever" is no time; wanted: a number with s, m, h or d/],
    [['issue', ' alice'], /can be nobody's name/],
    [['issue'], /missing required argument 'name'/],
  ] as const) {
    const { code, notes } = await heddleSays('token', ...args, '--dir', dir);
    expect([code, notes]).toEqual([2, expect.stringMatching(message)]);
  }
  writeFileSync(join(dir, 'tokens.pub'), 'x');
  expect((await heddleSays('token', 'issue', 'alice', '--dir', dir)).notes).toMatch(/tokens are made where the private key is/);
});

test('a command finds its token in the environment, and reads a file whenever it needs one', () => {
  const file = join(folder(), 'token');
  writeFileSync(file, 'first\n');
  expect(clientToken({})).toBeUndefined();
  expect(clientToken({ HEDDLE_TOKEN: ' abc\n' })).toBe('abc');
  expect(() => clientToken({ HEDDLE_TOKEN: 'a', HEDDLE_TOKEN_FILE: 'b' })).toThrow(/one too many/);
  const source = clientToken({ HEDDLE_TOKEN_FILE: file });
  const get = (): unknown => (typeof source === 'function' ? source() : source);
  expect(get()).toBe('first');
  writeFileSync(file, 'second');
  expect(get()).toBe('second');
});

test('rules in a file that cannot be used are refused at the start, by their place and with what there is', async () => {
  const text = '[[permissions]]\nwho = ["alice"]\nmay = ["publish"]\nnames = ["*"]\nwhy = "so"\n';
  const { options } = serverInput(loadSettings({ file: { text, name: 'settings.toml' } }));
  await expect(startServer(options)).rejects.toThrow(
    /permissions\[0\]\.may: knows no "publish"; there are call, submit, serve, relay, observe, administer/,
  );
  await expect(startServer(options)).rejects.toThrow(/permissions\[0\]\.why: is not known/);
});
