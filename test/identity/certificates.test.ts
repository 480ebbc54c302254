import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprintOf, issueCa, issueCertificate } from '../../src/identity/certificates.ts';
import { integer, oid, readAll, time } from '../../src/identity/der.ts';

const valid = { fromMs: Date.UTC(2026, 0, 1), untilMs: Date.UTC(2027, 0, 1) };
const ca = issueCa({ name: 'Test CA', ...valid });
const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

test('I1: a certificate says whose it is, who issued it, for how long, and where it is reached', () => {
  const hosts = ['gpu.example', '10.0.0.5', '::1', 'fe80::1:2'];
  const issued = issueCertificate(ca, { name: 'gpu-1', kind: 'server', hosts, ...valid });
  const found = new X509Certificate(issued.cert);
  const issuer = new X509Certificate(ca.cert);
  expect([found.subject, found.issuer, issuer.subject]).toEqual(['CN=gpu-1', 'CN=Test CA', 'CN=Test CA']);
  expect([found.validFrom, found.validTo]).toEqual(['Jan  1 00:00:00 2026 GMT', 'Jan  1 00:00:00 2027 GMT']);
  expect(['10.0.0.5', '::1', 'fe80::1:2'].map((ip) => found.checkIP(ip))).toEqual(['10.0.0.5', '::1', 'fe80::1:2']);
  expect([found.checkHost('gpu.example'), found.checkHost('other.example')]).toEqual(['gpu.example', undefined]);
  expect([found.checkIssued(issuer), found.verify(issuer.publicKey), issuer.verify(issuer.publicKey)]).toEqual([true, true, true]);
  expect(found.checkPrivateKey(createPrivateKey(issued.key))).toBe(true);
});

test('I2: a server may speak at both ends, a client at its own, and neither issues certificates', () => {
  const [server, client] = (['server', 'client'] as const).map(
    (kind) => new X509Certificate(issueCertificate(ca, { name: 'x', kind, ...valid }).cert),
  );
  expect(server?.keyUsage).toEqual([purposes.server, purposes.client]);
  expect(client?.keyUsage).toEqual([purposes.client]);
  expect([server?.ca, client?.ca, new X509Certificate(ca.cert).ca]).toEqual([false, false, true]);
});

test('I3: the serial number follows the key', () => {
  const { publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const issue = (name: string) => issueCertificate(ca, { name, kind: 'client', publicKey, ...valid });
  const serials = [issue('a').cert, issue('b').cert, issueCertificate(ca, { name: 'a', kind: 'client', ...valid }).cert].map(
    (cert) => new X509Certificate(cert).serialNumber,
  );
  expect(serials[0]).toBe(serials[1]);
  expect(serials[2]).not.toBe(serials[0]);
  expect(issue('a').key).toBe('');
});

test('another CA of the same name has not issued it', () => {
  const other = new X509Certificate(issueCa({ name: 'Test CA', ...valid }).cert);
  const found = new X509Certificate(issueCertificate(ca, { name: 'x', kind: 'client', ...valid }).cert);
  expect([found.verify(new X509Certificate(ca.cert).publicKey), found.verify(other.publicKey)]).toEqual([true, false]);
  expect(fingerprintOf(ca.cert)).toMatch(/^[0-9a-f]{64}$/);
});

test('any name is read back as it was given', () => {
  const names = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 16 })
    .filter((name) => Buffer.byteLength(name) <= 64 && !name.includes('\0'));
  fc.assert(
    fc.property(names, (name) => {
      const { cert } = issueCertificate(ca, { name, kind: 'client', ...valid });
      expect(new X509Certificate(cert).toLegacyObject().subject.CN).toBe(name);
    }),
    { numRuns: 25, seed: 7 },
  );
});

test('der: numbers keep their sign, object ids their bytes, and years from 2050 on have four digits', () => {
  expect(integer(Buffer.from([0x80])).toString('hex')).toBe('02020080');
  expect(oid('1.2.840.10045.4.3.2').toString('hex')).toBe('06082a8648ce3d040302');
  expect([time(Date.UTC(2049, 11, 31)), time(Date.UTC(2050, 0, 1))].map((value) => value.toString('latin1').slice(2))).toEqual([
    '491231000000Z',
    '20500101000000Z',
  ]);
  expect(readAll(Buffer.from('3082010000', 'hex'))).toEqual([]);
});
