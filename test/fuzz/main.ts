/**
 * `npm run fuzz -- [--seconds 60] [--seed 1] [--only decodeFrame] [--keep]`: mutations for as long as it is told.
 *
 * What a decoder may not do ends it with exit code 1, the seed and the input in hex. `--keep` writes one small input for
 * each new way of reading or refusing into the corpus.
 */

import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/random.ts';
import { keep, keptOf } from './corpus.ts';
import { type Decoder, decoders } from './decoders.ts';
import { mutated } from './mutate.ts';
import { tried } from './trial.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
  },
});
const roundTrials = 500;
const keptBytesMax = 400;

class Campaign {
  readonly decoder: Decoder;
  trials = 0;
  readonly #random;
  readonly #seeds: Buffer[];
  readonly #ways = new Set<string>();

  constructor(decoder: Decoder, seed: string) {
    this.decoder = decoder;
    this.#random = seededRandom(`${seed}/${decoder.at}`);
    const kept = keptOf(decoder).map(({ bytes }) => bytes);
    this.#seeds = [...kept, ...decoder.seeds().map((bytes) => Buffer.from(bytes))];
    for (const bytes of kept) this.#see(bytes, false);
    for (const bytes of this.#seeds) this.#see(bytes, values.keep);
  }

  get ways(): number {
    return this.#ways.size;
  }

  run(count: number): void {
    for (let left = count; left > 0; left -= 1) this.#see(mutated(this.#seeds, this.#random), values.keep);
  }

  #see(bytes: Buffer, isToKeep: boolean): void {
    this.trials += 1;
    const outcome = this.#tried(bytes);
    const way = `${outcome.kind} ${outcome.how}`;
    if (this.#ways.has(way)) return;
    this.#ways.add(way);
    // What was read in a new way leads on to others.
    this.#seeds.push(Buffer.from(bytes));
    if (!isToKeep || bytes.length > keptBytesMax || (outcome.kind === 'read' && !outcome.how.match(/^\w+$/))) return;
    console.log(`kept ${keep(this.decoder, outcome, bytes)}`);
  }

  #tried(bytes: Buffer) {
    try {
      return tried(this.decoder, bytes);
    } catch (error) {
      console.error(`${this.decoder.at}, seed ${values.seed}, after ${this.trials} inputs: ${bytes.toString('hex')}`);
      throw error;
    }
  }
}

const campaigns = decoders.filter(({ at }) => at.includes(values.only)).map((decoder) => new Campaign(decoder, values.seed));
const endMs = performance.now() + Number(values.seconds) * 1000;
do for (const campaign of campaigns) campaign.run(roundTrials);
while (performance.now() < endMs);
for (const { decoder, trials, ways } of campaigns) console.log(`${decoder.at}: ${trials} inputs, ${ways} ways`);
