import { describe, expect, test } from 'vitest';
import { eventTable, type FabricEvent } from '../../src/observe/events.ts';
import { Observer } from '../../src/observe/observer.ts';

const stopped: FabricEvent = { kind: 'server.stopped', name: 'a' };
const failed: FabricEvent = { kind: 'server.failed', name: 'a', code: 'name_taken', message: 'taken' };

describe('an observer', () => {
  test('tells the listeners of a kind, in the order in which they came', () => {
    const observer = new Observer();
    const heard: string[] = [];
    observer.on('server.stopped', (event) => heard.push(`first ${event.name}`));
    observer.on('server.stopped', (event) => heard.push(`second ${event.name}`));
    observer.on('server.failed', (event) => heard.push(event.code));
    observer.emit(stopped);
    expect(heard).toEqual(['first a', 'second a']);
  });

  test('tells a listener to all kinds of every event', () => {
    const observer = new Observer();
    const heard: string[] = [];
    observer.onAll((event) => heard.push(event.kind));
    observer.emit(stopped);
    observer.emit(failed);
    expect(heard).toEqual(['server.stopped', 'server.failed']);
  });

  test.each(['attempt.settled', 'call.served', 'handler.blocked'] as const)(
    'hears of calls while somebody listens to %s, or to all (O4)',
    (kind) => {
      const observer = new Observer();
      observer.on('server.stopped', () => {});
      expect(observer.hearsCalls).toBe(false);
      const leave = observer.on(kind, () => {});
      expect(observer.hearsCalls).toBe(true);
      leave();
      expect(observer.hearsCalls).toBe(false);
      const leaveAll = observer.onAll(() => {});
      expect(observer.hearsCalls).toBe(true);
      leaveAll();
      expect(observer.hearsCalls).toBe(false);
    },
  );

  test('wants only what somebody listens to (O4)', () => {
    const observer = new Observer();
    expect(observer.wants('server.stopped')).toBe(false);
    const remove = observer.on('server.stopped', () => {});
    expect([observer.wants('server.stopped'), observer.wants('server.failed')]).toEqual([true, false]);
    remove();
    expect(observer.wants('server.stopped')).toBe(false);
    const removeAll = observer.onAll(() => {});
    expect(observer.wants('server.failed')).toBe(true);
    removeAll();
    expect(observer.wants('server.failed')).toBe(false);
  });

  test('a removal removes one listener, and once', () => {
    const observer = new Observer();
    let heard = 0;
    const listener = (): void => {
      heard += 1;
    };
    const remove = observer.on('server.stopped', listener);
    observer.on('server.stopped', listener);
    remove();
    remove();
    observer.emit(stopped);
    expect(heard).toBe(1);
  });

  test('a listener that throws is felt by nobody, and warned of once (O5)', async () => {
    const observer = new Observer();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    let heard = 0;
    observer.on('server.stopped', () => {
      throw new Error('mine');
    });
    observer.on('server.stopped', () => {
      heard += 1;
    });
    observer.emit(stopped);
    observer.emit(stopped);
    // Node says warnings in a later turn.
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(heard).toBe(2);
    expect(warnings).toMatchObject([{ code: 'HEDDLE_LISTENER', message: 'a listener of server.stopped threw; this is said once' }]);
  });

  test('listeners that come and go during an event take effect from the next one (O6)', () => {
    const observer = new Observer();
    const heard: string[] = [];
    const remove = observer.on('server.stopped', () => {
      heard.push('a');
      remove();
      observer.on('server.stopped', () => heard.push('b'));
    });
    observer.on('server.stopped', () => heard.push('c'));
    observer.emit(stopped);
    expect(heard).toEqual(['a', 'c']);
    observer.emit(stopped);
    expect(heard).toEqual(['a', 'c', 'c', 'b']);
  });
});

describe('the event table', () => {
  test('names every kind as noun and past verb, with a line that says what happened', () => {
    for (const [kind, meaning] of Object.entries(eventTable)) {
      expect(kind).toMatch(/^[a-z]+\.[a-z][A-Za-z]+$/);
      expect(meaning.length).toBeGreaterThan(15);
      expect(meaning).not.toMatch(/\.$/);
    }
  });

  test('refuses a kind that does not exist, with the nearest, and what is no function', () => {
    const observer = new Observer();
    const on = (kind: unknown, listener: unknown) => () => observer.on(kind as 'server.stopped', listener as () => void);
    expect(on('server.stoped', () => {})).toThrow(/"server.stoped" \(did you mean "server.stopped"\?\)/);
    for (const kind of ['__proto__', 'toString', '', undefined, 7, Symbol('s')])
      expect(on(kind, () => {})).toThrow(expect.objectContaining({ code: 'bad_argument', executed: 'no' }));
    expect(on('server.stopped', undefined)).toThrow(/listener: expected a function/);
    expect(observer.wants('server.stopped')).toBe(false);
  });
});
