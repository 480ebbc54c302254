import { describe, expect, it } from 'vitest';
import { workflow } from '../../src/core/workflow/builder.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { FlowReader } from '../../src/fabric/run/flow-reader.ts';
import type { Builder } from '../../src/index.ts';

const add = defineFunction({ name: 'add', handler: (_ctx, a: number, b: number) => a + b });
const sum = workflow('sum', ({ step }) => step('sum', add, [1, 2]));

describe('a built workflow', () => {
  it('L1: is read once', () => {
    const reader = new FlowReader();
    expect(reader.read(sum.toJSON(), false)).toBe(reader.read(sum.toJSON(), false));
  });

  it('is refused without the input that it refers to, however often it was read with one', () => {
    const ofInput = workflow('of input', ({ step, input }: Builder<number>) => step('sum', add, [input, 2]));
    const reader = new FlowReader();
    expect(reader.read(ofInput.toJSON(), true).commands).toHaveLength(1);
    expect(() => reader.read(ofInput.toJSON(), false)).toThrow('refers to the input of the run');
  });

  it('L1: with bytes in it is read every time: a function may write into them', () => {
    const size = defineFunction({ name: 'size', handler: (_ctx, bytes: Uint8Array) => bytes.fill(0).length });
    const reader = new FlowReader();
    const ofBytes = workflow('of bytes', ({ step }) => step('size', size, [Uint8Array.of(1, 2, 3)]));
    expect(reader.read(ofBytes.toJSON(), false)).not.toBe(reader.read(ofBytes.toJSON(), false));
  });

  it('L1: data that can change is read every time', () => {
    const reader = new FlowReader();
    const data = { commands: [{ name: 'a', fun: 'add', args: [1, 2] }] };
    expect(reader.read(data, false).commands).toHaveLength(1);
    data.commands.push({ name: 'b', fun: 'add', args: [1, 2] });
    expect(reader.read(data, false).commands).toHaveLength(2);
  });
});
