import { describe, expect, test } from 'vitest';
import { checkRange, checkVersion, comparePreferred, versionTest } from '../../../src/core/catalog/versions.ts';
import { HeddleError } from '../../../src/errors.ts';

function highestInRange(versions: readonly string[], range: string | undefined): string | undefined {
  return versions.filter(versionTest(range)).sort(comparePreferred)[0];
}

function isRefused(run: () => unknown): boolean {
  try {
    run();
  } catch (error) {
    return HeddleError.is(error, 'bad_argument');
  }
  return false;
}

describe('versions', () => {
  test.each(['1.0.0', '0.0.1', '1.2.3-beta.1', '10.20.30'])('%s is a full version', (version) => {
    expect(checkVersion(version, [])).toBe(version);
  });

  test.each(['1', '1.2', 'v1.2.3', ' 1.2.3', '^1.2.3', '', 'latest', '1.2.3.4', '1.2.3+build', 7, undefined, null])(
    '%o is not',
    (version) => {
      expect(isRefused(() => checkVersion(version, ['version']))).toBe(true);
    },
  );

  test('a version or range of 1 MB is refused without being parsed', () => {
    expect(isRefused(() => checkVersion('1'.repeat(1_000_000), []))).toBe(true);
    expect(isRefused(() => checkRange('>=1 '.repeat(250_000), []))).toBe(true);
  });

  test.each(['^1.2', '>=1.1', '1.x', '*', '', '1.2.3', '>=1 <3 || 5.x'])('"%s" is a range', (range) => {
    expect(checkRange(range, [])).toBe(range);
  });

  test.each(['one', '>=', '^^1', '1.2.3.4', 7, undefined])('%o is not a range', (range) => {
    expect(isRefused(() => checkRange(range, []))).toBe(true);
  });

  test('the highest version in range is the one to take (case 13)', () => {
    expect(highestInRange(['1.0.0', '1.2.0'], '>=1.1')).toBe('1.2.0');
    expect(highestInRange(['1.0.0', '1.10.0', '1.9.0'], undefined)).toBe('1.10.0');
    expect(highestInRange(['1.0.0', '1.2.0'], '^2')).toBeUndefined();
    expect(highestInRange(['1.0.0'], 'nonsense')).toBeUndefined();
  });

  test('a prerelease is taken when it is asked for, or when there is nothing else', () => {
    expect(highestInRange(['1.0.0', '2.0.0-beta.1'], undefined)).toBe('1.0.0');
    expect(highestInRange(['2.0.0-beta.1', '2.0.0-beta.2'], undefined)).toBe('2.0.0-beta.2');
    expect(highestInRange(['1.0.0', '2.0.0-beta.1'], '^2.0.0-beta.0')).toBe('2.0.0-beta.1');
    expect(versionTest('^1')('1.5.0-beta.1')).toBe(false);
  });

  test('what is no version comes last', () => {
    expect(['x', '1.0.0', '1.1.0'].sort(comparePreferred)).toEqual(['1.1.0', '1.0.0', 'x']);
  });
});
