import { describe, expect, test } from 'vitest';
import { hashBytes } from '../../sim/hashes.ts';
import { Rig, recordOf } from './rig.ts';

const body = new TextEncoder().encode('the catalog of c');
const bodyHash = hashBytes(body);
const piece = { kind: 'body', hash: bodyHash, piece: 0, pieces: 1, bytes: body } as const;
const none = { kind: 'body', hash: bodyHash, piece: 0, pieces: 0, bytes: new Uint8Array() } as const;

/** Member `a`, that has just heard from b that c has a catalog. */
function hearing(): Rig {
  const rig = new Rig(['b', 'c', 'd']);
  rig.hear('b', { kind: 'push', records: [recordOf('c', { version: 2, bodyHash })] });
  return rig;
}

describe('the body of a catalog', () => {
  test('is asked for where its record came from', () => {
    expect(
      hearing()
        .takeSent('bodyWanted')
        .map(({ to }) => to),
    ).toEqual(['b']);
  });

  test('is given, once it is here, to who asked for it before (B4)', () => {
    const rig = hearing();
    rig.hear('d', { kind: 'bodyWanted', hash: bodyHash });
    expect(rig.takeSent('body')).toEqual([]);
    rig.hear('b', piece);
    expect(rig.takeSent('body')).toEqual([{ to: 'd', message: piece }]);
  });

  test('is asked for elsewhere at once where it is not, of each link once (B3)', () => {
    const rig = hearing();
    rig.hear('b', none);
    rig.hear('c', none);
    rig.hear('d', none);
    rig.hear('b', none);
    expect(rig.takeSent('bodyWanted').map(({ to }) => to)).toEqual(['b', 'c', 'd']);
  });

  test('that nobody waits for is not here, and that is said', () => {
    const rig = new Rig(['b']);
    rig.hear('b', { kind: 'bodyWanted', hash: bodyHash });
    expect(rig.takeSent('body')).toEqual([{ to: 'b', message: none }]);
  });
});
