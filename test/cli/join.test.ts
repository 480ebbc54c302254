import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { encodeJoinToken } from '../../src/identity/join-token.ts';
import { heddleSays } from './terminal.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'heddle-join-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

function token(cluster: string, hours = 1): string {
  const expiresMs = systemClock.wallMs() + hours * 3_600_000;
  return encodeJoinToken({ cluster, addresses: ['127.0.0.1:1'], fingerprint: 'ab'.repeat(32), secret: Buffer.alloc(32), expiresMs });
}

test('heddle join says what is wrong with a token, and does not repeat it', async () => {
  const dir = folder();
  const cut = await heddleSays('join', token('lab').slice(0, -5), '--dir', dir);
  expect([cut.code, cut.notes]).toEqual([2, expect.stringMatching(/cut off or changed/)]);
  expect(cut.notes).not.toContain(token('lab').slice(0, 20));
  expect(await heddleSays('join', token('lab', -1), '--dir', dir)).toMatchObject({
    code: 3,
    notes: expect.stringMatching(/the join token ended at/),
  });
  expect(await heddleSays('join', '--dir', dir)).toMatchObject({ code: 2, notes: expect.stringMatching(/no token, and no identity/) });
  expect(await heddleSays('join', 'functions.ts', '--dir', dir)).toMatchObject({ code: 2, notes: expect.stringMatching(/no token/) });
  expect(await heddleSays('join', token('lab'), '--dir', dir)).toMatchObject({ code: 3, notes: expect.stringMatching(/^unreachable/) });
  expect(await heddleSays('join', token('lab'), '--name', 'a/b', '--dir', folder())).toMatchObject({ code: 2 });
});

test('whoever has an identity keeps it: another name, cluster or CA is refused with what to do', async () => {
  const dir = folder();
  const stored = { name: 'hand', cluster: 'lab', addresses: ['127.0.0.1:1'], fingerprint: 'cd'.repeat(32), host: '127.0.0.1' };
  writeFileSync(join(dir, 'join.json'), JSON.stringify(stored));
  for (const file of ['ca.pem', 'hand.pem', 'hand.key']) writeFileSync(join(dir, file), '');
  expect(await heddleSays('join', '--name', 'foot', '--dir', dir)).toMatchObject({
    code: 2,
    notes: expect.stringMatching(/"hand", not of "foot".*another --dir/),
  });
  expect(await heddleSays('join', token('den'), '--dir', dir)).toMatchObject({
    code: 3,
    notes: expect.stringMatching(/^cluster_mismatch/),
  });
  expect(await heddleSays('join', token('lab'), '--dir', dir)).toMatchObject({ code: 2, notes: expect.stringMatching(/another CA/) });
  writeFileSync(join(dir, 'join.json'), '{"name": "../hand"}');
  expect(await heddleSays('join', '--dir', dir)).toMatchObject({
    code: 2,
    notes: expect.stringMatching(/not what heddle join has written/),
  });
});

test('heddle serve --share needs the key of the CA, and its flags are for it alone', async () => {
  const dir = folder();
  await heddleSays('ca', 'issue', 'ada', '--dir', dir);
  rmSync(join(dir, 'ca.key'));
  const noKey = await heddleSays('serve', '--share', '--cert', join(dir, 'ada.pem'));
  expect([noKey.code, noKey.notes]).toEqual([2, expect.stringMatching(/the key of their CA .*ca\.key\) is not there/)]);
  expect(await heddleSays('serve', '--share-uses', '3')).toMatchObject({ code: 2, notes: expect.stringMatching(/are for --share/) });
  expect(await heddleSays('serve', '--share', '--share-uses', '0')).toMatchObject({ code: 2 });
});
