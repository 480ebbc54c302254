import { describe, expect, test } from 'vitest';
import { ReplyLedger } from '../../../src/core/outcome/reply-ledger.ts';

const held = (name: string, bytes = 1, untilMs = 100) => ({ name, bytes, untilMs });
const namesOf = (all: readonly { name: string }[]) => all.map(({ name }) => name);
const unexpected = ({ name }: { name: string }): void => expect.unreachable(`${name} was evicted`);

describe('the replies of a link', () => {
  test('R1: count as received without a gap once they are whole', () => {
    const ledger = new ReplyLedger();
    ledger.seen(true);
    const second = ledger.seen(false);
    const third = ledger.seen(false);
    ledger.seen(true);
    expect(ledger.received).toBe(1);
    ledger.whole(third);
    expect(ledger.received).toBe(1);
    ledger.whole(second);
    expect(ledger.received).toBe(4);
  });

  test('R2: are held until they are acknowledged, others between them counting too', () => {
    const ledger = new ReplyLedger<ReturnType<typeof held>>();
    const told: string[] = [];
    for (const name of ['a', '', 'b', 'c']) {
      ledger.sent();
      if (name !== '') ledger.hold(held(name), unexpected);
    }
    ledger.acknowledge(2, ({ name }) => told.push(name));
    expect([told, namesOf(ledger.held())]).toEqual([['a'], ['b', 'c']]);
    ledger.acknowledge(3, ({ name }) => told.push(name));
    expect([told, namesOf(ledger.takeAll()), ledger.isEmpty]).toEqual([['a', 'b'], ['c'], true]);
  });

  test('R2: the oldest make room, by number and by bytes, and go when their time is over', () => {
    const ledger = new ReplyLedger<ReturnType<typeof held>>({ heldMax: 2, heldBytesMax: 10 });
    const evicted: string[] = [];
    const hold = (one: ReturnType<typeof held>): readonly string[] => {
      ledger.hold(one, ({ name }) => evicted.push(name));
      return evicted.splice(0);
    };
    expect([...hold(held('a')), ...hold(held('b'))]).toEqual([]);
    expect(hold(held('c', 1, 200))).toEqual(['a']);
    expect(hold(held('d', 10, 300))).toEqual(['b', 'c']);
    expect(hold(held('e', 11))).toEqual(['d', 'e']);
    hold(held('f'));
    const late: string[] = [];
    const expire = (nowMs: number): void => ledger.expire(nowMs, ({ name }) => late.push(name));
    expire(99);
    expect([namesOf(ledger.held()), late]).toEqual([['f'], []]);
    expire(100);
    expect([ledger.isEmpty, late]).toEqual([true, ['f']]);
  });

  test('R2: are found while they are held, the one that was held last first', () => {
    const ledger = new ReplyLedger<ReturnType<typeof held>>();
    for (const [at, name] of ['gone', 'a', 'b', 'a'].entries()) {
      ledger.sent();
      ledger.hold(held(name, at), unexpected);
    }
    ledger.acknowledge(1, () => {});
    const found = (wanted: string) => ledger.findLast(({ name }) => name === wanted)?.bytes;
    expect([found('a'), found('b'), found('gone')]).toEqual([3, 2, undefined]);
    ledger.takeAll();
    expect(found('a')).toBeUndefined();
  });

  test('R2: what was taken out weighs nothing any more', () => {
    const ledger = new ReplyLedger<ReturnType<typeof held>>({ heldBytesMax: 10 });
    ledger.hold(held('a', 10), unexpected);
    expect(namesOf(ledger.takeAll())).toEqual(['a']);
    ledger.hold(held('b', 10), unexpected);
    expect(namesOf(ledger.held())).toEqual(['b']);
  });

  test('R3: thousands come and go in order', () => {
    const ledger = new ReplyLedger<ReturnType<typeof held>>();
    const told: string[] = [];
    for (let at = 1; at <= 5_000; at += 1) {
      ledger.sent();
      ledger.hold(held(`${at}`), unexpected);
      if (at > 3) ledger.acknowledge(at - 3, ({ name }) => told.push(name));
    }
    expect([told.length, told[0], told.at(-1), namesOf(ledger.held())]).toEqual([4_997, '1', '4997', ['4998', '4999', '5000']]);
  });
});
