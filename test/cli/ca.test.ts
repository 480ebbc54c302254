import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { certificateFiles, clientTls } from '../../src/cli/certificate-files.ts';
import { startServer } from '../../src/index.ts';
import { heddleSays } from './terminal.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'heddle-ca-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

const read = (dir: string, name: string): X509Certificate => new X509Certificate(readFileSync(join(dir, `${name}.pem`)));

test('heddle ca issue makes a CA once, and certificates that a server and a client can use', async () => {
  const dir = folder();
  const first = await heddleSays('ca', 'issue', 'ada', '--dir', dir);
  expect([first.code, first.out]).toEqual([0, join(dir, 'ada.pem')]);
  expect(first.notes).toContain('made a CA');
  const second = await heddleSays('ca', 'issue', 'me', '--client', '--dir', dir);
  expect([second.code, second.notes.includes('made a CA')]).toEqual([0, false]);
  expect([read(dir, 'ada'), read(dir, 'me')].map((cert) => cert.verify(read(dir, 'ca').publicKey))).toEqual([true, true]);
  const server = await startServer({
    cluster: 'ca',
    functions: { add: (a: number, b: number) => a + b },
    tls: certificateFiles(join(dir, 'ada.pem')),
  });
  onTestFinished(() => server.stop());
  expect(server.name).toBe('ada');
  const called = await heddleSays('call', 'add', '1', '2', '--url', server.url, '--cert', join(dir, 'me.pem'));
  expect(called).toMatchObject({ code: 0, out: '3' });
  const refused = await heddleSays('call', 'add', '1', '2', '--url', server.url);
  expect([refused.code, refused.notes]).toEqual([3, expect.stringMatching(/^unauthenticated: .*speaks TLS only/)]);
});

test('C1: keys are for their owner alone, and C2: a certificate is issued anew under the same CA', async () => {
  const dir = folder();
  await heddleSays('ca', 'issue', 'ada', '--host', 'gpu.example', '--days', '3', '--dir', dir);
  expect(['ca.key', 'ada.key', 'ca.pem', 'ada.pem'].map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([
    0o600, 0o600, 0o644, 0o644,
  ]);
  const [ca, before] = [read(dir, 'ca'), read(dir, 'ada')];
  expect(before.checkHost('gpu.example')).toBe('gpu.example');
  expect(Math.round((Date.parse(before.validTo) - Date.parse(before.validFrom)) / 86_400_000)).toBe(3);
  await heddleSays('ca', 'issue', 'ada', '--dir', dir);
  expect(read(dir, 'ca').serialNumber).toBe(ca.serialNumber);
  expect(read(dir, 'ada').serialNumber).not.toBe(before.serialNumber);
});

test('what cannot be is bad usage that says what would be right', async () => {
  const dir = folder();
  for (const name of ['a/b', '..', 'ca', 'CA', 'tokens', 'x'.repeat(65)])
    expect((await heddleSays('ca', 'issue', name, '--dir', dir)).code).toBe(2);
  await heddleSays('ca', 'issue', 'ada', '--dir', dir);
  rmSync(join(dir, 'ca.key'));
  const { code, notes } = await heddleSays('ca', 'issue', 'bob', '--dir', dir);
  expect([code, notes]).toEqual([2, expect.stringContaining('where the key of their CA is')]);
  expect(() => certificateFiles(join(dir, 'bob.pem'))).toThrow('is not there');
});

test('a client takes its certificates from --cert, else from the environment', () => {
  expect(clientTls(undefined, {})).toBeUndefined();
  expect(clientTls(undefined, { HEDDLE_TLS_CA: 'a' })).toEqual({ ca: 'a' });
  expect(clientTls(undefined, { HEDDLE_TLS_CA: 'a', HEDDLE_TLS_CERT: 'b', HEDDLE_TLS_KEY: 'c' })).toEqual({ ca: 'a', cert: 'b', key: 'c' });
  expect(() => clientTls(undefined, { HEDDLE_TLS_CERT: 'b' })).toThrow('HEDDLE_TLS_CA');
});
