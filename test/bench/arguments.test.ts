import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

const known = { ids: ['P1', 'P4', 'G1', 'G2'], groups: { growth: ['G1', 'G2'] }, usual: ['P1', 'P4'] };
const read = (...args: string[]) => readArguments(args, known);

test('without names the usual rows are wanted, five rounds of two seconds', () => {
  expect(read()).toEqual({ ids: ['P1', 'P4'], json: false, rounds: 5, roundMs: 2000 });
});

test('rows and groups are taken by name, each once', () => {
  expect(read('P4', 'growth', 'G2', '--json', '--rounds', '3', '--seconds=0.5')).toEqual({
    ids: ['P4', 'G1', 'G2'],
    json: true,
    rounds: 3,
    roundMs: 500,
  });
});

test.each([
  [['P99'], 'there is no row P99; the rows are P1, P4, G1, G2; several at once: growth'],
  [['--round', '3'], 'there is no flag --round; the flags are --json, --rounds, --seconds'],
  [['-j'], 'there is no flag -j; the flags are'],
  [['--rounds'], '--rounds takes a number over 0, found none'],
  [['--rounds', '1.5'], '--rounds takes a whole number, not 1.5'],
  [['--seconds', 'long'], '--seconds takes a number over 0, found "long"'],
  [['--json=yes'], '--json takes no value, found yes'],
  [['constructor'], 'there is no row constructor'],
])('what nobody knows is refused by name: %j', (args, message) => {
  expect(() => read(...args)).toThrow(message);
});
