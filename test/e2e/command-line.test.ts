import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as dial } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Stage } from './processes.ts';

const stage = new Stage();

describe('heddle serve', () => {
  test('case 23: the line with its address and the ready file are there once it listens, on a port of its own', async () => {
    const ports = await Promise.all(
      ['x', 'y', 'z'].map(async (name) => {
        const ready = await stage.path(`${name}.json`);
        const { url, process } = await stage.serve(name, '--ready-file', ready);
        const port = Number(url.split(':').at(-1));
        const socket = dial(port, '127.0.0.1');
        await once(socket, 'connect');
        socket.destroy();
        expect(JSON.parse(await readFile(ready, 'utf8'))).toEqual({ name, url, pid: process.pid });
        expect(await process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
        return port;
      }),
    );
    expect(new Set(ports).size).toBe(3);
  });

  test('with a log says everything that it says on stderr as lines of it, in JSON where that is no terminal', async () => {
    const { process, url } = await stage.serve('logged', '--log', 'info');
    await process.kill('SIGTERM');
    const lines = process.errors.map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.map(({ server, event, level }) => [server, event, level])).toEqual([
      ['logged', 'server.listening', 'info'],
      ['logged', 'server.draining', 'info'],
      ['logged', 'server.drained', 'info'],
      ['logged', 'server.stopped', 'info'],
    ]);
    expect(process.lines).toEqual([`HEDDLE_URL=${url}`]);
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['an unknown key names the nearest known one', '[server]\nresource = ["gpu"]\n', /settings\.toml:2.*resource.*resources/s],
    [
      'a wrong type names file, line, key and what was expected',
      '[server]\nname = "x"\nresources = "gpu"\n',
      /settings\.toml:3.*server\.resources.*(list|array)/s,
    ],
  ];
  test.each(wrong)('case 24: %s', async (_what, settings, message) => {
    const file = await stage.file('settings.toml', settings);
    const serve = stage.heddle('serve', '--settings', file);
    expect(await serve.finished).toEqual({ code: 2, signal: null });
    expect(serve.errors.join('\n')).toMatch(message);
    expect(serve.lines).toEqual([]);
  });

  test('case 24: a port that is taken is named, with what to do', async () => {
    const first = await stage.serve('first');
    const port = first.url.split(':').at(-1) ?? '';
    const second = stage.heddle('serve', '--name', 'second', '--port', port);
    expect((await second.finished).code).toBe(2);
    expect(second.errors.join('\n')).toMatch(new RegExp(`${port}.*(taken|in use).*(auto|another|free)`, 's'));
  });
});
