import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../../src/core/workflow/parse.ts';
import type { SubmitFrame } from '../../src/wire/frame.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frame-codec.ts';
import { keptBytesMax } from '../../src/wire/known-definitions.ts';
import { encodeValue } from '../../src/wire/value.ts';

const outlet = {
  put(): number {
    throw new Error('nothing is large here');
  },
};

function submission(args: readonly unknown[], name = 'a'): SubmitFrame {
  const data = [
    { name, fun: 'work', args },
    { name: 'after it', fun: 'work', args: [{ $ref: name }] },
  ];
  const { commands, returns } = parseWorkflow(data, { hasInput: false, encode: (value) => encodeValue(value) });
  return { kind: 'submit', id: 1, commands, returns, isDetached: false, looksBare: [] };
}

function received(bytes: Uint8Array): SubmitFrame {
  // What came lies in memory that is used again.
  const frame = decodeFrame(Uint8Array.from(bytes));
  if (frame.kind !== 'submit') throw new Error(`a ${frame.kind} frame`);
  return frame;
}

describe('a definition that comes again', () => {
  it('K1: is the same object, whoever sends it, under whatever id', () => {
    const first = received(encodeFrame(submission(['K1'])));
    const second = received(encodeFrame({ ...submission(['K1']), id: 7, runId: 'other', input: encodeValue(1) }));
    expect(second.commands).toBe(first.commands);
    expect(second.returns).toBe(first.returns);
    expect(second).toMatchObject({ id: 7, runId: 'other' });
  });

  it('K1: is another one where a single byte of it differs', () => {
    const first = received(encodeFrame(submission(['K1 a'])));
    const second = received(encodeFrame(submission(['K1 b'])));
    expect(second.commands).not.toBe(first.commands);
    expect(Buffer.from(second.commands[0]?.args.value.bytes ?? []).toString()).toBe('["K1 b"]');
  });

  it('K1: is what was sent, although the memory of its frame is used for something else', () => {
    const bytes = Uint8Array.from(encodeFrame(submission(['its own memory'])));
    const frame = decodeFrame(bytes);
    bytes.fill(0);
    expect(frame.kind === 'submit' && Buffer.from(frame.commands[0]?.args.value.bytes ?? []).toString()).toBe('["its own memory"]');
  });

  it('K1: is read as a whole when its fields do not stand together', () => {
    const bytes = encodeFrame(submission(['apart'], 'x'));
    const whole = received(bytes);
    // The two commands with a name for the run between them: proto3 fields may stand in any order.
    const [first, rest] = cutAfterFirstCommand(bytes);
    const apart = received(frameOf(Buffer.concat([first, Buffer.from([0x12, 1, 0x6e]), rest])));
    expect(apart.name).toBe('n');
    expect(apart.commands.map(({ name }) => name)).toEqual(whole.commands.map(({ name }) => name));
  });

  it('K2: is read anew when it brings bytes along, which a function may write into', () => {
    const submit = submission([Uint8Array.of(1, 2, 3)]);
    const first = received(encodeFrame(submit));
    const second = received(encodeFrame(submit));
    expect(second.commands).not.toBe(first.commands);
    first.commands[0]?.args.value.bytes.fill(0);
    expect(second.commands[0]?.args.value.bytes).toEqual(submit.commands[0]?.args.value.bytes);
  });

  it('K2: is forgotten when others have filled its place', () => {
    const first = received(encodeFrame(submission(['forgotten'])));
    const bytesEach = 60_000;
    for (let sent = 0; sent * bytesEach < keptBytesMax; sent += 1) received(encodeFrame(submission(['x'.repeat(bytesEach), sent])));
    expect(received(encodeFrame(submission(['forgotten']))).commands).not.toBe(first.commands);
  });

  it('K3: goes out as it went before, with what is of this run alone', () => {
    const submit = submission(['K3']);
    const frames = [1, 2, 3, 4].map((id) => Uint8Array.from(encodeFrame({ ...submit, id, runId: `run ${id}` }, outlet)));
    expect(frames.map((frame) => received(frame).runId)).toEqual(['run 1', 'run 2', 'run 3', 'run 4']);
    expect(new Set(frames.map(({ length }) => length)).size).toBe(1);
    const all = { ...submit, returns: { kind: 'all' as const } };
    expect(received(encodeFrame(all, outlet)).returns).toEqual({ kind: 'all' });
    expect(received(encodeFrame(submit, outlet)).returns).toEqual({ kind: 'leaves' });
  });
});

/** The body of a submission without its head, before and behind its first command. */
function cutAfterFirstCommand(frame: Uint8Array): [Buffer, Buffer] {
  const bytes = Buffer.from(frame);
  const start = bytes.indexOf(0x1a);
  const end = start + 2 + (bytes[start + 1] ?? 0);
  return [bytes.subarray(start, end), bytes.subarray(end)];
}

/** A submission (field 7 of a frame) with this body, of less than 128 bytes. */
function frameOf(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x08, 1, 0x3a, body.length]), body]);
}
