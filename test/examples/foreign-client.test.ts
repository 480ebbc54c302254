import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { letters, longest, since, split } from '../../examples/foreign-client/functions.ts';
import { type Server, startServer } from '../../src/index.ts';

const example = (file: string): string => fileURLToPath(new URL(`../../examples/foreign-client/${file}`, import.meta.url));

/** What either client prints: the same, whatever its language. */
const output = `call: 6 words, from loom
call: 1460 days
stream: h e d d l e
workflow: words is done
workflow: best is done
workflow: {"best":"thread"}
explain: text.split would run on loom
watch: loom offers days.since, text.letters, text.longest, text.split
error: 5 no_such_function executed: no
error: no server offers "text.spilt"; the nearest names are "text.split"
`;

/** A Python that has what the example needs; undefined when there is none. */
function findPython(): string | undefined {
  if (spawnSync('protoc', ['--version']).status !== 0) return undefined;
  return ['python3', '/usr/bin/python3'].find((python) => spawnSync(python, ['-c', 'import grpc, google.protobuf']).status === 0);
}

async function outputOf(command: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, 'close');
  return code === 0 ? said : `${said}exit code ${code}`;
}

let server: Server;

beforeAll(async () => {
  server = await startServer({ name: 'loom', cluster: 'foreign-example', functions: { split, longest, letters, since } });
});

afterAll(async () => {
  await server.stop();
});

describe('case 25: a client that knows the .proto files alone', { timeout: 60_000 }, () => {
  test('calls, streams, submits, explains, watches and reads an error, in plain JavaScript', async () => {
    expect(await outputOf(process.execPath, example('client.mjs'), server.url)).toBe(output);
  });

  test('does the same in Python', async (context) => {
    const python = findPython();
    if (python === undefined) {
      console.log('no Python with grpcio and protobuf, or no protoc: the Python client is not run');
      return context.skip('no Python with grpcio and protobuf, or no protoc');
    }
    expect(await outputOf(python, example('client.py'), server.url)).toBe(output);
  });
});
