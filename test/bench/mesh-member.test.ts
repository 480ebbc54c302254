import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';

import { joinHeddle } from './mesh/heddle-member.ts';

const [reached] = Object.values(networkInterfaces()).flatMap((addresses = []) =>
  addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
);

test.skipIf(reached === undefined)('a member of bench:mesh starts where others can reach it, as those do whose link is cut', async () => {
  const listener = { onCatalog: () => {}, onOpinion: () => {} };
  const member = await joinHeddle({ name: 'x', host: reached ?? '', cluster: 'bench', seeds: [] }, listener);
  expect(member.alive()).toEqual(['x']);
  await member.stop();
});
