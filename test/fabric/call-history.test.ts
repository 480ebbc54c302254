/** What a call has to say of its attempts: B1 to B3 of src/fabric/call/call-history.ts. */
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { CallHistory, historyOf } from '../../src/fabric/call/call-history.ts';
import { fromWireError, toWireError, type WireError } from '../../src/wire/error.ts';

const lost = toWireError(new HeddleError('connection_lost', { server: 'a' }));
const fenced = toWireError(new HeddleError('connection_lost', { server: 'a' }, { executed: 'no' }));
const noRoute = toWireError(new HeddleError('no_route', { function: 'f', offers: [] }));

function verdictOn(history: CallHistory, last: WireError) {
  const { code, executed } = fromWireError(history.verdict(last));
  return [code, executed];
}

describe('a call that has failed before', () => {
  it('says the strongest of its attempts, in the words of the last where those can say it (B1)', () => {
    const history = new CallHistory(0);
    history.add(lost, 'connection_lost');
    expect(verdictOn(history, toWireError(new HeddleError('cancelled', { reason: 'enough' }, { executed: 'no' })))).toEqual([
      'cancelled',
      'maybe',
    ]);
    expect(verdictOn(history, toWireError(new HeddleError('draining', { server: 'b' })))).toEqual(['connection_lost', 'maybe']);
  });

  it('ends with what became of the attempt that may have run, not with the want of another server (B2)', () => {
    const history = new CallHistory(0);
    history.add(lost, 'connection_lost');
    expect(verdictOn(history, noRoute)).toEqual(['connection_lost', 'maybe']);
  });

  it('may have run once nobody can say of one attempt that it did not, whatever follows (B3)', () => {
    const history = new CallHistory(0);
    history.add(fenced, 'connection_lost');
    expect([history.mayHaveRun, history.lost]).toEqual([false, 1]);
    history.note(lost);
    history.add(fenced, 'connection_lost');
    expect([history.mayHaveRun, history.lost]).toEqual([true, 2]);
  });

  it('over a session that was lost may have run there (B3)', () => {
    expect(historyOf({ isAgain: true, lost: 1, isStep: false, via: ['a'] })).toMatchObject({
      mayHaveRun: true,
      executed: 'maybe',
      lost: 1,
    });
    expect(historyOf({ isAgain: false, lost: 1, isStep: false, via: ['a'] })).toBeUndefined();
  });

  it('of a step says nothing of the former call, but that there was one which may have run (B3)', () => {
    expect(historyOf({ isAgain: true, lost: 0, isStep: true, via: undefined })).toMatchObject({ mayHaveRun: true, executed: 'no' });
  });

  it('that was sent before without a session that was lost says nothing of it: whoever sent it does (B3)', () => {
    expect(historyOf({ isAgain: true, lost: 1, isStep: false, via: undefined })).toMatchObject({
      mayHaveRun: true,
      executed: 'no',
      lost: 1,
    });
  });
});
