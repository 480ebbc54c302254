import { describe, expect, test } from 'vitest';

import { meshDefaults, meshLimits } from '../../../src/core/gossip/settings.ts';
import { instanceOf, Rig, recordOf } from './rig.ts';

const others = ['b', 'c', 'd', 'e', 'f'];

/** Until `b` has been silent for its deadline. */
function silence(rig: Rig): void {
  rig.advance(meshDefaults.silenceMinMs + 150, ['b']);
}

/** The silent `b` does not answer our dial either. */
function confirm(rig: Rig): void {
  expect(rig.failDials('b:1', 'silent')).toBe(1);
}

describe('a member that falls silent', () => {
  test('is dialled, and three others are asked to dial it, in the same moment', () => {
    const rig = new Rig(others);
    silence(rig);
    const asked = rig.takeSent('probeRequest');
    expect(new Set(asked.map(({ to }) => to)).size).toBe(3);
    expect(asked.map(({ to }) => to)).not.toContain('b');
    expect(asked[0]?.message).toMatchObject({ target: 'b', instance: instanceOf('b') });
    expect(rig.take().filter(({ kind }) => kind === 'dial')).toMatchObject([{ address: 'b:1', timeoutMs: meshDefaults.checkTimeoutMs }]);
  });

  test('is not reported while another one reaches it, but is avoided from here (P2)', () => {
    const rig = new Rig(others);
    silence(rig);
    const [first] = rig.takeSent('probeRequest');
    rig.hear(first?.to ?? '', { kind: 'probeAck', request: first?.message.request ?? 0 });
    confirm(rig);
    rig.advance(4_000, ['b']);
    expect(rig.takeSent('suspect')).toEqual([]);
    expect(rig.statusOf('b')).not.toBe('alive');
    // The answer grows old: three are asked again before anything is said.
    rig.advance(1_000, ['b']);
    expect(rig.takeSent('probeRequest')).toHaveLength(3);
    expect(rig.takeSent('suspect')).toEqual([]);
  });

  test('is reported once nobody reaches it, to the accused first', () => {
    const rig = new Rig(others);
    silence(rig);
    confirm(rig);
    const asked = rig.takeSent('probeRequest');
    rig.advance(50, ['b']);
    expect(rig.takeSent('suspect')).toEqual([]);
    for (const { to, message } of asked) rig.hear(to, { kind: 'probeNack', request: message.request, evidence: 'silent' });
    rig.advance(100, ['b']);
    const told = rig.takeSent('suspect');
    expect(told.map(({ to }) => to)).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(told[0]?.message.reports).toMatchObject([{ target: 'b', observer: 'a', evidence: ['silent'] }]);
  });

  test('is reported when those who were asked say nothing, which is a mark against our own health (P3)', () => {
    const rig = new Rig(others);
    silence(rig);
    confirm(rig);
    expect(rig.gossip.inspection.health).toBe(1);
    rig.advance(1.5 * meshDefaults.checkTimeoutMs + 100, ['b']);
    expect(rig.takeSent('suspect')).toHaveLength(5);
    expect(rig.gossip.inspection.health).toBeGreaterThan(1.9);
  });

  test('is reported at once when its address refuses: a socket does not err', () => {
    const rig = new Rig(others);
    rig.lose('b');
    expect(rig.failDials('b:1', 'refused')).toBe(1);
    expect(rig.takeSent('suspect')).toHaveLength(4);
  });
});

describe('whoever is asked to try a member (P1)', () => {
  function asked(rig: Rig, request: number, target = 'b'): void {
    rig.hear('c', { kind: 'probeRequest', request, target, instance: instanceOf(target) });
  }

  test.each([
    ['acks when it answers', { kind: 'answered', ack: instanceOf('b') }, { kind: 'probeAck', request: 7 }],
    [
      'nacks when somebody else answers',
      { kind: 'answered', ack: instanceOf('x') },
      { kind: 'probeNack', request: 7, evidence: 'refused' },
    ],
    ['nacks when nobody answers', { kind: 'failed', ack: '' }, { kind: 'probeNack', request: 7, evidence: 'stalled' }],
  ] as const)('%s', (_, { kind, ack }, answer) => {
    const rig = new Rig(others);
    asked(rig, 7);
    const [dial] = rig.take().filter((effect) => effect.kind === 'dial');
    expect(dial).toMatchObject({ address: 'b:1', timeoutMs: meshDefaults.checkTimeoutMs, hello: { purpose: 'probe' } });
    const id = dial?.kind === 'dial' ? dial.dial : 0;
    const greeter = { ...rig.gossip.inspection.self.record, instance: ack, name: 'b', epochSeen: 0 };
    rig.feed(
      kind === 'failed'
        ? { kind: 'dialled', dial: id, outcome: { kind, evidence: 'stalled' } }
        : { kind: 'dialled', dial: id, outcome: { kind, ack: { ...greeterOf(rig), ...greeter } } },
    );
    expect(rig.takeSent('probeAck').concat(rig.takeSent('probeNack') as never)).toEqual([{ to: 'c', message: answer }]);
  });

  test('nacks at once about a member that it does not know', () => {
    const rig = new Rig(others);
    asked(rig, 7, 'nobody');
    expect(rig.takeSent('probeNack')).toEqual([{ to: 'c', message: { kind: 'probeNack', request: 7, evidence: 'silent' } }]);
  });

  test('runs 8 errands for one peer at once and nacks the 9th', () => {
    const rig = new Rig([...others, ...Array.from({ length: meshLimits.errandsPerLink }, (_, at) => `m${at}`)]);
    for (let at = 0; at < meshLimits.errandsPerLink; at += 1) asked(rig, at, `m${at}`);
    expect(rig.takeSent('probeNack')).toEqual([]);
    asked(rig, 99);
    expect(rig.takeSent('probeNack')).toMatchObject([{ message: { request: 99 } }]);
    rig.failDials('m0:1', 'silent');
    asked(rig, 100);
    expect(rig.takeSent('probeNack').map(({ message }) => message.request)).toEqual([0]);
  });
});

function greeterOf(rig: Rig) {
  const { self } = rig.gossip.inspection;
  const fixed = { cluster: 'default', url: 'b:1', protocolMin: 1, protocolMax: 1, uptimeMs: 0, features: [], root: { high: 0, low: 0 } };
  return {
    ...fixed,
    uid: self.uid,
    name: 'b',
    epoch: recordOf('b').epoch,
    refusal: { code: 'probe' as const, message: 'asked and answered' },
  };
}
