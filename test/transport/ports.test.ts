import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { bind } from '../../src/transport/bind.ts';
import { advertisedAddress, hostOf, isLoopback } from '../../src/transport/ports.ts';

test('an address is advertised with the port really bound unless it says one', () => {
  expect(advertisedAddress(undefined, { host: '127.0.0.1', port: 5 })).toBe('127.0.0.1:5');
  expect(advertisedAddress('box.example', { host: '0.0.0.0', port: 5 })).toBe('box.example:5');
  expect(advertisedAddress('box.example:443', { host: '0.0.0.0', port: 5 })).toBe('box.example:443');
  expect(advertisedAddress(undefined, { host: '::1', port: 5 })).toBe('[::1]:5');
});

test.each([
  ['10.0.0.5:7420', '10.0.0.5'],
  ['box.example:7420', 'box.example'],
  ['[::1]:7420', '::1'],
  ['::1:7420', '::1'],
])('the host of %s is %s', (address, host) => {
  expect(hostOf(address)).toBe(host);
});

test.each([
  ['127.0.0.1', true],
  ['127.8.0.1', true],
  ['localhost', true],
  ['LOCALHOST', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['10.0.0.5', false],
  ['127.0.0.1.evil.example', false],
  ['::', false],
])('%s is this machine alone: %s', (host, isOwn) => {
  expect(isLoopback(host)).toBe(isOwn);
});

test.each([['auto'], [{ from: 7_420, to: 7_430 }], [7_420]] as const)(
  'an address that this machine does not have is refused as the host that it is: port %j',
  async (port) => {
    // TEST-NET-3 (RFC 5737) is nobody's.
    await expect(bind(createServer(), { host: '203.0.113.1', port })).rejects.toMatchObject({
      code: 'bad_settings',
      executed: 'no',
      message: expect.stringContaining('give a host of this machine'),
    });
  },
);
