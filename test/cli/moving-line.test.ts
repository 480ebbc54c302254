import { expect, test } from 'vitest';
import { MovingLine } from '../../src/cli/moving-line.ts';
import { showProgress } from '../../src/cli/progress.ts';
import type { RunEvent } from '../../src/index.ts';
import { FakeTerminal } from './terminal.ts';

test('L2: is drawn in its place, cut to the terminal, and wiped once', () => {
  const written: string[] = [];
  const line = new MovingLine({ columns: 10, write: (text) => written.push(text) });
  line.clear();
  line.show('0 of 2');
  line.show('1 of 2, running: a\u001b[2J');
  line.clear();
  line.clear();
  expect(written).toEqual(['\r\u001b[K0 of 2', '\r\u001b[K1 of 2, r', '\r\u001b[K']);
  new MovingLine({ columns: 0, write: (text) => written.push(text) }).show('of unknown width');
  expect(written.at(-1)).toBe('\r\u001b[Kof unknown width');
});

test('L1: leaves the keyboard and its Ctrl-C to the command', async () => {
  const listeners = (): readonly number[] => [process.stdin.listenerCount('keypress'), process.listenerCount('SIGINT')];
  const before = listeners();
  const during: (readonly number[])[] = [];
  async function* events(): AsyncGenerator<RunEvent> {
    yield { seq: 1, atMs: 0, kind: 'run.accepted', runId: 'r', coordinator: 'one', steps: ['a'] };
    during.push(listeners());
    yield { seq: 2, atMs: 0, kind: 'step.started', step: 'a', server: 'one', attempt: 1 };
    during.push(listeners());
  }
  await showProgress(new FakeTerminal({ isInteractive: true }), events());
  expect(during).toEqual([before, before]);
});
