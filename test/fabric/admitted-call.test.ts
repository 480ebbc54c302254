import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { type Asking, Gate } from '../../src/fabric/link/gate.ts';
import { Proof } from '../../src/fabric/link/proof.ts';
import { asAsked, askerOfCall, mayHear, noteAsker } from '../../src/fabric/serve/admitted-call.ts';
import { identityOf } from '../../src/identity/identity.ts';
import { HeddleError } from '../../src/index.ts';
import type { FabricEvent } from '../../src/observe/events.ts';
import { Observer } from '../../src/observe/observer.ts';
import type { CallFrame, OutcomeFrame } from '../../src/wire/frame.ts';
import { callFrame } from '../frames.ts';
import { openGate } from './open-gate.ts';

const byServer = new Proof(identityOf('server', 'gpu-1'));
const byClient = new Proof(identityOf('token', 'mallory'));

function peerOf(kind: Asking['kind'], proof: Proof | undefined): Asking {
  return { kind, identity: { name: 'peer', instance: 'abad1dea', proof } };
}

/** What becomes of a call at a server whose rules let nobody call it: who hears of it, and what is known of it. */
function judged(peer: Asking, onBehalfOf: string) {
  const observer = new Observer();
  const told: FabricEvent[] = [];
  observer.on('access.denied', (event) => told.push(event));
  const permissions = [{ who: ['nobody'], may: ['call'], names: ['*'] }] as const;
  const gate = new Gate({ server: 'db-1', permissions, knowsPeers: true, clock: new VirtualClock(), observer });
  // As it comes off the wire, as far as admission looks at it.
  const frame = { kind: 'call', function: 'rows.clean', onBehalfOf } as CallFrame;
  const refused = askerOfCall(gate, frame, peer);
  const known: { identity: string | undefined; onBehalfOf: string | undefined } = { identity: undefined, onBehalfOf: undefined };
  noteAsker(gate, known, { frame, peer, asker: 'somebody' });
  return { isRefused: HeddleError.is(refused), told, known };
}

describe('on whose behalf a call is made', () => {
  test('is believed of a server that has proved its name', () => {
    const { isRefused, told, known } = judged(peerOf('link', byServer), 'token:alice');
    expect(isRefused).toBe(true);
    expect(told).toMatchObject([{ identity: 'server:gpu-1', onBehalfOf: 'token:alice', verb: 'call', name: 'rows.clean' }]);
    expect(known).toEqual({ identity: 'somebody', onBehalfOf: 'token:alice' });
  });

  test.each([
    ['a client', peerOf('session', byClient), 'token:alice'],
    ['a client with a server’s certificate', peerOf('session', byServer), 'token:alice'],
    ['a server without a certificate', peerOf('link', undefined), 'token:alice'],
    ['a server that says no identity', peerOf('link', byServer), 'alice\nlevel=info'],
  ])('is not believed of %s', (_who, peer, claimed) => {
    const { isRefused, told, known } = judged(peer, claimed);
    expect(isRefused).toBe(true);
    expect(told).toHaveLength(1);
    expect(told[0]).not.toHaveProperty('onBehalfOf');
    expect(known.onBehalfOf).toBeUndefined();
  });

  test('allows nothing: the call is its server’s own', () => {
    expect(judged(peerOf('link', byServer), 'token:nobody').isRefused).toBe(true);
  });
});

describe('a client', () => {
  const client = peerOf('session', byClient);
  const server = peerOf('link', byServer);
  const ofAnother = callFrame('f', [], { caller: 'deadbeef', callerName: 'another', parkMs: 1_000, parkOverBytes: 1, isStep: true });

  test('makes no call of another’s, and hears of none; a server does (A1)', () => {
    const gate = openGate();
    expect(askerOfCall(gate, ofAnother, client)).toMatchObject({
      code: 'unauthenticated',
      executed: 'no',
      detail: { reason: 'wrong_name' },
    });
    expect(askerOfCall(gate, callFrame('f', [], { caller: 'abad1dea' }), client)).toBeTypeOf('string');
    expect(askerOfCall(gate, ofAnother, server)).toBeTypeOf('string');
    const question = (caller: string | undefined) =>
      ({ kind: 'outcome', id: 1, caller, callNumber: 1, round: 0, timeoutMs: 1 }) as OutcomeFrame;
    const heard = [question('deadbeef'), question('abad1dea'), question(undefined)].map((frame) => mayHear(gate, frame, client));
    expect([heard, mayHear(gate, question('deadbeef'), server)]).toEqual([[false, true, true], true]);
  });

  test('is not heard in what only servers say (A3)', () => {
    const plain = { caller: undefined, callerName: undefined, isStep: undefined, parkMs: undefined, parkOverBytes: undefined };
    expect(asAsked(ofAnother, client)).toMatchObject(plain);
    expect(asAsked(ofAnother, server)).toBe(ofAnother);
  });
});
