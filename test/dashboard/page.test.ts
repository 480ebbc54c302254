import { expect, test } from 'vitest';
import { arrange, nodesMax } from '../../src/dashboard/page/graph-layout.ts';
import { placesOf, shortened } from '../../src/dashboard/page/label-places.ts';
import { Layout } from '../../src/dashboard/page/layout.ts';
import { patienceMs, silentOf } from '../../src/dashboard/page/silent.ts';
import { pageFolder, readPage } from '../../src/dashboard/page-files.ts';

const gzipBytesMax = 120 * 1024;

test('the page weighs at most 120 KB compressed, and holds no inline script or style', () => {
  const files = readPage();
  const weight = [...files.values()].reduce((sum, { gzip }) => sum + gzip.length, 0);
  expect(weight).toBeGreaterThan(10 * 1024);
  expect(weight).toBeLessThanOrEqual(gzipBytesMax);
  const html = Buffer.from(files.get('/')?.bytes ?? []).toString();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|https?:/);
  expect([...files.keys()].filter((path) => path.endsWith('.js'))).toHaveLength(1);
});

test('a page that was not built is said to be missing, and how to build it', () => {
  expect(() => readPage(`${pageFolder}nowhere`)).toThrow('npm run build');
});

test('a graph is drawn in layers, and not at all when it has too many steps', () => {
  const drawing = arrange([
    { step: 'a', needs: [] },
    { step: 'b', needs: ['a'] },
    { step: 'c', needs: ['a', 'b'] },
  ]);
  const at = new Map(drawing?.boxes.map((box) => [box.step, box.x]));
  expect((at.get('a') ?? 0) < (at.get('b') ?? 0) && (at.get('b') ?? 0) < (at.get('c') ?? 0)).toBe(true);
  expect(drawing?.edges.map(({ from, to }) => `${from}${to}`).sort()).toEqual(['ab', 'ac', 'bc']);
  expect(arrange(Array.from({ length: nodesMax + 1 }, (_, step) => ({ step: `${step}`, needs: [] })))).toBeUndefined();
});

test('a server that is alive and tells nothing of itself is named, once it has had time to', () => {
  const row = { url: '', epoch: 1, resources: [], evidence: [] };
  const rows = ['told', 'silent'].map((name) => ({ ...row, name, status: 'alive' })).concat({ ...row, name: 'gone', status: 'dead' });
  const said = new Map([['told', {}]]);
  expect([silentOf(rows, said, patienceMs(3) - 1), silentOf(rows, said, patienceMs(3))]).toEqual([[], ['silent']]);
});

test('texts of links cover neither names nor one another where there is room (P1)', () => {
  const square = { a: { x: 0, y: 0 }, b: { x: 300, y: 0 }, c: { x: 300, y: 300 }, d: { x: 0, y: 300 } };
  const text = { width: 90, height: 11 };
  const lines = [
    { key: 'ac', from: square.a, to: square.c, ...text },
    { key: 'bd', from: square.b, to: square.d, ...text },
  ];
  const places = placesOf(lines, []);
  const [one, other] = [places.get('ac'), places.get('bd')];
  expect(one).toMatchObject({ x: 150, y: 150 });
  expect(Math.abs((one?.y ?? 0) - (other?.y ?? 0))).toBeGreaterThanOrEqual(11);
  // A name in the middle: the text goes elsewhere.
  expect(placesOf(lines.slice(0, 1), [{ x: 150, y: 150, width: 60, height: 40 }]).get('ac')).not.toMatchObject({ x: 150, y: 150 });
  expect(shortened('a-server-in.eu-central-1', 12)).toBe('a-server…l-1');
});

test('a server keeps its place while others come and go, and the layout comes to rest (L1, L2)', () => {
  const layout = new Layout();
  const names = Array.from({ length: 200 }, (_, at) => `s${at}`);
  const pairs = names.flatMap((from, at) => [1, 7].map((step) => ({ from, to: `s${(at + step) % 200}` })));
  const first = layout.update(names, pairs);
  expect(layout.update(names, pairs)).toBe(first);
  let rounds = 0;
  while (layout.step(0, () => 0)) rounds += 1;
  expect(rounds).toBeGreaterThan(10);
  expect(rounds).toBeLessThan(400);
  const before = layout.places.get('s5');
  expect(layout.update(names.slice(0, 199), pairs)).not.toBe(first);
  expect(layout.places.get('s5')).toBe(before);
  expect(layout.places.has('s199')).toBe(false);
});
