import { describe, expect, test } from 'vitest';

import { userFrameOf } from '../../src/testing/real-io.ts';

const node = ['    at new AsyncResource (node:async_hooks:1:1)', '    at Promise.then (<anonymous>)'];
const user = '    at async bill (file:///shop/shop/billing.ts:12:5)';

describe('the line that began real input or output', () => {
  test.each([
    ['its sources', 'file:///heddle/src/', '    at place (/heddle/src/testing/real-io.ts:60:1)'],
    [
      'the built package',
      'file:///shop/node_modules/heddle/dist/',
      '    at place (file:///shop/node_modules/heddle/dist/bundle/testing.js:522:33)',
    ],
  ])("is the user's, not one of Heddle in %s", (_where, own, frame) => {
    expect(userFrameOf([frame, ...node, user, frame], new URL(own))).toBe(user.trim());
    expect(userFrameOf([frame, ...node], new URL(own))).toBeUndefined();
  });

  test("is the user's before that of the package which it calls, and the package's where nothing else is there", () => {
    const driver = '    at Client.connect (/shop/shop/node_modules/driver/client.js:7:3)';
    const own = new URL('file:///shop/shop/node_modules/heddle/dist/');
    expect(userFrameOf([...node, driver, user], own)).toBe(user.trim());
    expect(userFrameOf([...node, driver], own)).toBe(driver.trim());
  });
});
