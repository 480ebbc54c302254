import { expect, test } from 'vitest';
import { report } from '../../src/cli/serve-report.ts';
import { Observer } from '../../src/observe/observer.ts';
import { FakeTerminal } from './terminal.ts';

test('R2: handlers that do not return are named, and the function that is withdrawn for them', () => {
  const observer = new Observer();
  const terminal = new FakeTerminal();
  report(terminal, { on: observer.on.bind(observer) });
  observer.emit({ kind: 'handler.overstayed', function: 'press', callId: 'c:1', traceparent: undefined });
  observer.emit({ kind: 'offer.suspended', function: 'press', version: '1.0.0' });
  observer.emit({ kind: 'offer.resumed', function: 'press', version: '1.0.0' });
  expect(terminal.notes).toEqual([
    'press goes on long after its call was over: it ignores ctx.signal, and has lost its place to others',
    'press@1.0.0 is not offered here any more: as many of its handlers as may run at once have not returned',
    'press@1.0.0 is offered again: a handler has returned',
  ]);
  expect(terminal.outs).toEqual([]);
});
