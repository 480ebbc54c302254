/** What is kept of a call of a group that is made again. */
import { expect, test } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { triedAgain } from '../../src/fabric/call/group-member.ts';
import { toWireError } from '../../src/wire/error.ts';
import { invocationFor } from '../invocations.ts';

test('a call that may have run in one try may have run after the next, which says that it has not', () => {
  const lost = new HeddleError('connection_lost', { server: 'a' });
  const shed = new HeddleError('draining', { server: 'b' });
  const first = triedAgain(invocationFor({}), { known: lost, wire: toWireError(lost), decision: 'now', instance: 'a-1' });
  const next = triedAgain(first?.invocation ?? invocationFor({}), {
    known: shed,
    wire: toWireError(shed),
    decision: 'now',
    instance: 'b-1',
  });
  expect([next?.invocation.isAgain, next?.invocation.lost, next?.history.mayHaveRun, next?.history.executed]).toEqual([
    true,
    1,
    true,
    'maybe',
  ]);
});
