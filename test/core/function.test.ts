import { describe, expect, it } from 'vitest';
import { rangeOf, remote } from '../../src/core/function.ts';

describe('a handle', () => {
  it('holds name, range and effect, and nothing that could be called', () => {
    expect(remote()('f')).toEqual({ kind: 'call', name: 'f', version: '*' });
    expect(remote()('f', { version: '1.0.0', effect: 'pure' })).toEqual({ kind: 'call', name: 'f', version: '1.0.0', effect: 'pure' });
    expect(Object.isFrozen(remote()('f'))).toBe(true);
  });

  it.each([
    ['1.2.0', '^1.2.0'],
    ['1.2.0-rc.1', '^1.2.0-rc.1'],
    ['*', '*'],
    ['>=1.1', '>=1.1'],
    ['1', '1'],
    ['=1.2.0', '=1.2.0'],
  ])('a version of %s asks for %s', (version, range) => {
    expect(rangeOf({ version })).toBe(range);
  });
});
