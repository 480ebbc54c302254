import { describe, expect, test } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { anonymous, type Identity, identityOf } from '../../src/identity/identity.ts';
import { checkPermissions, covers, type Permission, Permissions, type Verb } from '../../src/identity/permissions.ts';

const alice = identityOf('token', 'alice');
const byCertificate = identityOf('certificate', 'alice');
const gpu = identityOf('server', 'gpu-1');

function allowed(rules: readonly Permission[], who: Identity, verb: Verb, name: string): boolean {
  return new Permissions(checkPermissions(rules)).allows(who.text, verb, name);
}

describe('a pattern', () => {
  test.each([
    ['*', '', true],
    ['*', 'image.resize', true],
    ['image.*', 'image.resize', true],
    ['image.*', 'image', false],
    ['*.resize', 'image.resize', true],
    ['i*e.r*e', 'image.resize', true],
    ['i*e.r*x', 'image.resize', false],
    ['image', 'image.resize', false],
    ['image.resize', 'image', false],
    ['a.c', 'abc', false],
    ['', 'a', false],
    ['a**b', 'ab', true],
  ])('%s covers %s: %s', (pattern, name, isCovered) => {
    expect(covers(pattern, name)).toBe(isCovered);
  });

  test('that is made to be slow is not', () => {
    expect(covers(`${'a*'.repeat(90)}b`, 'a'.repeat(128))).toBe(false);
  });
});

describe('the rules', () => {
  const rules: readonly Permission[] = [
    { who: ['alice', 'team-*'], may: ['call', 'submit'], names: ['image.*'] },
    { who: ['server:gpu-*'], may: ['serve'], names: ['image.*'] },
    { who: ['anonymous'], may: ['call'], names: ['public.*'] },
    { who: ['token:bot'], may: ['call'], names: ['*'] },
  ];

  test('P1: allow what a rule allows, whoever proved it how, and nothing else', () => {
    expect(allowed(rules, alice, 'call', 'image.resize')).toBe(true);
    expect(allowed(rules, byCertificate, 'submit', 'image.resize')).toBe(true);
    expect(allowed(rules, identityOf('token', 'team-red'), 'call', 'image.resize')).toBe(true);
    expect(allowed(rules, alice, 'call', 'rows.clean')).toBe(false);
    expect(allowed(rules, alice, 'administer', 'image.resize')).toBe(false);
    expect(allowed(rules, identityOf('token', 'mallory'), 'call', 'image.resize')).toBe(false);
    expect(allowed([], alice, 'call', 'image.resize')).toBe(false);
  });

  test('P2: keep servers, clients and nobody in particular apart', () => {
    expect(allowed(rules, gpu, 'serve', 'image.resize')).toBe(true);
    expect(allowed(rules, identityOf('certificate', 'gpu-1'), 'serve', 'image.resize')).toBe(false);
    expect(allowed(rules, identityOf('certificate', 'server:gpu-1'), 'serve', 'image.resize')).toBe(false);
    expect(allowed(rules, anonymous, 'call', 'public.time')).toBe(true);
    expect(allowed(rules, identityOf('token', 'anonymous'), 'call', 'public.time')).toBe(false);
    const everybody: readonly Permission[] = [{ who: ['*'], may: ['call'], names: ['*'] }];
    expect([alice, byCertificate, gpu, anonymous].map((who) => allowed(everybody, who, 'call', 'x'))).toEqual([true, true, false, false]);
    expect(allowed(rules, identityOf('token', 'bot'), 'call', 'x')).toBe(true);
    expect(allowed(rules, identityOf('certificate', 'bot'), 'call', 'x')).toBe(false);
  });

  test('P4: who may administer a server may observe it, and not the other way round', () => {
    const operators: readonly Permission[] = [
      { who: ['ops'], may: ['administer'], names: ['gpu-*'] },
      { who: ['prometheus'], may: ['observe'], names: ['*'] },
    ];
    const [ops, prometheus] = [identityOf('token', 'ops'), identityOf('certificate', 'prometheus')];
    expect(allowed(operators, ops, 'observe', 'gpu-1')).toBe(true);
    expect(allowed(operators, ops, 'observe', 'db-1')).toBe(false);
    expect(allowed(operators, prometheus, 'observe', 'db-1')).toBe(true);
    expect(allowed(operators, prometheus, 'administer', 'gpu-1')).toBe(false);
    expect(new Permissions(operators).mentions(ops, 'observe')).toBe(true);
  });

  test('P3: say the same the second time, for more names than are remembered', () => {
    const permissions = new Permissions(checkPermissions(rules));
    for (let round = 0; round < 2; round += 1)
      for (let at = 0; at < 5_000; at += 1) {
        expect(permissions.allows(alice.text, 'call', `image.${at}`)).toBe(true);
        expect(permissions.allows(alice.text, 'call', `rows.${at}`)).toBe(false);
      }
  });

  test('are looked through for whether somebody is mentioned at all', () => {
    const permissions = new Permissions(checkPermissions(rules));
    expect(permissions.mentions(anonymous)).toBe(true);
    expect(permissions.mentions(anonymous, 'administer')).toBe(false);
    expect(permissions.mentions(identityOf('token', 'mallory'))).toBe(false);
  });
});

describe('rules that cannot be used', () => {
  const rule = { who: ['alice'], may: ['call'], names: ['*'] };

  test.each([
    ['no list', 'none', /must be a list/],
    ['no table', ['alice'], /permissions\[0\]: must be a table/],
    ['an unknown key', [{ ...rule, why: 'so' }], /permissions\[0\]\.why: is not known; a rule has who, may, names/],
    [
      'a verb that does not exist',
      [rule, { ...rule, may: ['publish'] }],
      /permissions\[1\]\.may: knows no "publish"; there are call, submit, /,
    ],
    ['nobody', [{ ...rule, who: [] }], /permissions\[0\]\.who: must be a list of 1 to 1000 texts/],
    ['a missing list', [{ who: ['alice'], may: ['call'] }], /permissions\[0\]\.names: must be a list/],
    ['what is no text', [{ ...rule, names: [1] }], /permissions\[0\]\.names: holds what is no text/],
    ['anonymous with a name', [{ ...rule, who: ['anonymous:alice'] }], /permissions\[0\]\.who: has "anonymous" with a name/],
  ])('are refused: %s', (_what, rules, message) => {
    expect(() => checkPermissions(rules)).toThrow(message);
  });

  test('are all told of', () => {
    try {
      checkPermissions([{ who: 'alice', may: ['fly'] }]);
      expect.unreachable();
    } catch (error) {
      expect(HeddleError.is(error, 'bad_settings') && error.detail.problems.map(({ key }) => key)).toEqual([
        'permissions[0].who',
        'permissions[0].may',
        'permissions[0].names',
      ]);
    }
  });
});
