import { invoke } from 'heddle/testing';
import { describe, expect, test } from 'vitest';
import { functions } from '../../examples/quickstart/functions.ts';

const { load, learn, guess, check } = functions;

describe('the functions of the quickstart', () => {
  test('split the 342 complete penguins into those to learn from and those to test with', async () => {
    const { known, unknown } = await invoke(load, []);
    expect([known.length, unknown.length]).toEqual([228, 114]);
    expect([...known, ...unknown].every(({ sizes }) => sizes.length === 4 && sizes.every((size) => size > 0))).toBe(true);
    expect(new Set(known.map(({ species }) => species))).toEqual(new Set(['Adelie', 'Chinstrap', 'Gentoo']));
  });

  test('learn and guess more than nine of ten penguins that they have not seen', async () => {
    const { known, unknown } = await invoke(load, []);
    const model = await invoke(learn, [known]);
    const { right, of } = await invoke(check, [await invoke(guess, [model, unknown]), unknown]);
    expect(of).toBe(114);
    expect(right / of).toBeGreaterThan(0.9);
  });

  test('do not guess well from a model that learnt one species only', async () => {
    const { known, unknown } = await invoke(load, []);
    const model = await invoke(learn, [known.filter(({ species }) => species === 'Gentoo')]);
    const { right, of } = await invoke(check, [await invoke(guess, [model, unknown]), unknown]);
    expect(right / of).toBeLessThan(0.5);
  });
});
