import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/base/nearest.ts';

const known = ['image.resize', 'image.rotate', 'rows.clean', 'gpu', 'timeoutMs', 'name'];

describe('the nearest known names', () => {
  it.each([
    ['image.rezise', ['image.resize']],
    ['Rows.Claen', ['rows.clean']],
    ['timeoutMS', ['timeoutMs']],
    ['nam', ['name']],
    ['image', ['image.resize', 'image.rotate']],
    ['gup', ['gpu']],
    ['quite.another', []],
    ['x', []],
    ['', []],
  ])('for %j are %j', (name, expected) => {
    expect(nearest(name, known)).toEqual(expected);
  });

  it('are at most as many as asked for, nearest first', () => {
    expect(nearest('abcd', ['abxx', 'abce', 'abcf', 'abcd1', 'abcg'], 2)).toEqual(['abcd1', 'abce']);
  });

  it('cost little, whatever the names', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => `${'x'.repeat(1_000)}${at}`);
    expect(nearest('x'.repeat(1_000_000), many)).toHaveLength(3);
  });
});
