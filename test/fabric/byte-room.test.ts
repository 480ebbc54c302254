/** Bytes on their way in: src/fabric/link/byte-room.ts. */
import { describe, expect, it } from 'vitest';
import { ByteRoom } from '../../src/fabric/link/byte-room.ts';

async function turn(): Promise<void> {
  for (let step = 0; step < 4; step += 1) await Promise.resolve();
}

describe('room for bytes', () => {
  it('is given in the order of asking, one always, and again when it is given back', async () => {
    const room = new ByteRoom(10);
    const entered: string[] = [];
    const leave = new Map<string, () => void>();
    const giver = new AbortController();
    const enter = (name: string, bytes: number, signal = new AbortController().signal): Promise<void> =>
      room.enter(bytes, signal).then(
        (left) => {
          entered.push(name);
          leave.set(name, left);
        },
        () => void entered.push(`not ${name}`),
      );
    void enter('over', 50);
    void enter('next', 8);
    void enter('given up', 8, giver.signal);
    void enter('last', 2);
    await turn();
    expect(entered).toEqual(['over']);
    leave.get('over')?.();
    await turn();
    expect(entered).toEqual(['over', 'next']);
    giver.abort(new Error('enough'));
    await turn();
    expect(entered.toSorted()).toEqual(['last', 'next', 'not given up', 'over']);
  });
});
