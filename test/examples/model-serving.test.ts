import { describe, expect, test } from 'vitest';
import { mix, score, sort } from '../../examples/model-serving/mixture.ts';
import { passagesLesson } from '../../examples/model-serving/passages.ts';
import { forestLesson, neighboursLesson } from '../../examples/model-serving/penguins.ts';
import { meanColour, tilesLesson } from '../../examples/model-serving/tiles.ts';
import { accuracy, type Lesson, mislabelled, split, train } from '../../examples/model-serving/training.ts';

const lessons = { forestLesson, neighboursLesson, tilesLesson, passagesLesson };

/** The right share on held-out samples after learning from labels dealt out anew: the mean of three deals. */
function chance<Input>({ samples, teach }: Lesson<Input>): number {
  const { learnt, heldOut } = split(samples);
  const shares = [0.1, 0.2, 0.3].map((seed) => accuracy(teach(mislabelled(learnt, seed)), heldOut));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** What always saying the commonest label would get right. */
function majority<Input>({ samples }: Lesson<Input>): number {
  const { heldOut } = split(samples);
  const counts = new Map<string, number>();
  for (const { label } of heldOut) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / heldOut.length;
}

function checkLesson<Input>(lesson: Lesson<Input>): void {
  const { learnt, heldOut } = split(lesson.samples);
  const share = accuracy(lesson.teach(learnt), heldOut);
  expect(share).toBeGreaterThanOrEqual(lesson.floor);
  expect(lesson.floor).toBeGreaterThan(majority(lesson) + 0.2);
  const byChance = chance(lesson);
  expect(byChance).toBeLessThan(majority(lesson) + 0.1);
  console.log(`${lesson.name}: ${share.toFixed(3)} held out, ${byChance.toFixed(3)} on shuffled labels`);
}

describe('the models', () => {
  test('the forest of penguins beats its floor, and falls to chance on shuffled labels', () => checkLesson(lessons.forestLesson));
  test('the neighbours of penguins beat their floor, and fall to chance on shuffled labels', () => checkLesson(lessons.neighboursLesson));
  test('the neighbours of tiles beat their floor, and fall to chance on shuffled labels', () => checkLesson(lessons.tilesLesson));
  test('the words of licences beat their floor, and fall to chance on shuffled labels', () => checkLesson(lessons.passagesLesson));

  test('below its floor a model is not served', () => {
    const lesson: Lesson<string> = { name: 'parrot', samples: passagesLesson.samples, teach: () => () => 'MIT', floor: 0.1 };
    expect(() => train(lesson)).toThrow(/parrot is right on 0, and must be on 0.1/);
  });
});

describe('the mixture', () => {
  test('holds as many of each kind as asked, none of them learnt from', () => {
    const { items, labels } = mix({ each: 20, seed: 0.1 });
    expect([items.length, labels.length]).toEqual([60, 60]);
    const inputs = new Set<unknown>(
      [...split(tilesLesson.samples).learnt, ...split(passagesLesson.samples).learnt].map(({ input }) => input),
    );
    expect(items.filter((item) => inputs.has(item))).toEqual([]);
  });

  test('is sorted by what the items are, each with its place', () => {
    const tile = new Uint8Array(400).fill(7);
    const sorted = sort([[1, 2, 3, 4], 'a text', tile, 'another']);
    expect(sorted).toEqual({
      tiles: { at: [2], inputs: [tile] },
      passages: { at: [1, 3], inputs: ['a text', 'another'] },
      penguins: { at: [0], inputs: [[1, 2, 3, 4]] },
    });
    expect(meanColour(tile)).toEqual([7, 7, 7, 7]);
  });

  test('is scored place by place, and by how often the two models of penguins agree', () => {
    const sorted = sort(['one', [1], [2]]);
    const said = { tiles: [], passages: ['x'], forest: ['a', 'b'], neighbours: ['a', 'c'] };
    expect(score(['x', 'a', 'c'], sorted, said)).toEqual({
      models: [
        { model: 'tiles', right: 0, of: 0 },
        { model: 'passages', right: 1, of: 1 },
        { model: 'forest', right: 1, of: 2 },
        { model: 'neighbours', right: 2, of: 2 },
      ],
      agreed: 1,
    });
  });
});
