/**
 * Inference over a mixture of pictures, texts and measurements: four real models on servers of {vision}, {nlp} and {features},
 * each trained when its server starts. A workflow sorts the mixture, sends each pile to the models that can read it, all at
 * once, and scores what they say.
 *
 * Run it with `npx tsx examples/model-serving/main.ts`.
 */

import { connect, remote, workflow } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import { follow } from '../shared/follow.ts';
import type * as features from './features.ts';
import type * as mixture from './mixture.ts';
import type * as nlp from './nlp.ts';
import type * as vision from './vision.ts';

type Functions = typeof features.functions & typeof mixture.functions & typeof nlp.functions & typeof vision.functions;
const fn = remote<Functions>();

const inference = workflow('inference', ({ step }) => {
  const mixed = step('mix', fn('mixture.mix'), [{ each: 40, seed: 0.7 }]);
  const sorted = step('sort', fn('mixture.sort'), [mixed.get('items')]);
  const measurements = sorted.get('penguins').get('inputs');
  const said = {
    tiles: step('tiles', fn('predict.tiles'), [sorted.get('tiles').get('inputs')], { need: ['vision'] }),
    passages: step('passages', fn('predict.passages'), [sorted.get('passages').get('inputs')], { need: ['nlp'] }),
    forest: step('forest', fn('predict.forest'), [measurements], { need: ['features'] }),
    neighbours: step('neighbours', fn('predict.neighbours'), [measurements], { need: ['features'] }),
  };
  return step('score', fn('mixture.score'), [mixed.get('labels'), sorted, said]);
});

console.log('Models, as their servers train them:');
await using fleet = await startFleet(new URL('mixture.ts', import.meta.url), [
  { name: 'front', resources: [] },
  { name: 'vision', resources: ['vision'], module: new URL('vision.ts', import.meta.url) },
  { name: 'nlp', resources: ['nlp'], module: new URL('nlp.ts', import.meta.url) },
  { name: 'features', resources: ['features'], module: new URL('features.ts', import.meta.url) },
]);
await using client = await connect(fleet.servers.map(({ url }) => url));

console.log('\nSteps:');
const run = client.run(inference);
await follow(run);

const { models, agreed } = await run.result;
console.log('\nOf a mixture that no model has seen:');
for (const { model, right, of } of models) console.log(`  ${model.padEnd(10)} ${right} of ${of} right`);
console.log(`  the two models of penguins agree on ${agreed}`);
