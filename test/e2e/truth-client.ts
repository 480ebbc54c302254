/**
 * A client process of the real truth run: calls without pause, and prints what it was told of each, until it is ended.
 *
 * truth-client NAME ROUTING LOG URL...     prints `ID EXECUTED CODE` for every call
 */

import { connect, HeddleError } from 'heddle';

const lanes = 4;
const [name = '', routing = 'entry', log = '', ...urls] = process.argv.slice(2);
const client = await connect(urls, { routing: routing === 'direct' ? 'direct' : 'entry' });
console.log('ready');

async function told(fn: 'keep' | 'keepOnce', id: string): Promise<string> {
  try {
    await client.call(fn, [log, id], { timeoutMs: 5_000 });
    return 'yes ok';
  } catch (error) {
    return HeddleError.is(error) ? `${error.executed} ${error.code}` : `maybe ${String(error)}`;
  }
}

for (let lane = 0; lane < lanes; lane += 1) {
  void (async () => {
    for (let turn = 0; ; turn += 1) {
      const fn = turn % 4 === 0 ? 'keep' : 'keepOnce';
      const id = `${fn}-${name}-${lane}-${turn}`;
      console.log(`${id} ${await told(fn, id)}`);
    }
  })();
}
