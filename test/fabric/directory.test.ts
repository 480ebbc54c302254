import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Catalog } from '../../src/core/catalog/catalog.ts';
import type { CatalogBody } from '../../src/core/catalog/offer.ts';
import type { MemberView } from '../../src/core/gossip/view.ts';
import { Directory, memberOf } from '../../src/fabric/mesh/directory.ts';
import { Registry } from '../../src/fabric/serve/registry.ts';
import { Observer } from '../../src/observe/observer.ts';
import { memberView } from './member-view.ts';

const view = (name: string, more: Partial<MemberView> = {}): MemberView => memberView(name, { resources: ['db', 'a'], ...more });
const bodyOf = (...names: readonly string[]): CatalogBody =>
  new Registry(Object.fromEntries(names.map((name) => [name, () => name]))).body();

function rig() {
  const observer = new Observer();
  const told: string[] = [];
  for (const kind of ['offer.appeared', 'offer.withdrawn'] as const)
    observer.on(kind, (event) => told.push(`${kind} ${event.function} ${event.server}`));
  return { told, directory: new Directory({ catalog: new Catalog(), clock: new VirtualClock(), observer }) };
}

describe('the directory', () => {
  test('Y1, Y2: has the offers of a server from when they are known until it is gone, and tells of each change once', () => {
    const { directory, told } = rig();
    directory.bodyKnown(view('two'), bodyOf('f', 'g'));
    directory.bodyKnown(view('two'), bodyOf('f', 'g'));
    expect(told).toEqual(['offer.appeared f two', 'offer.appeared g two']);
    expect(directory.offers().map((offer) => offer.function)).toEqual(['f', 'g']);
    directory.bodyKnown(view('two'), bodyOf('g'));
    directory.memberGone(view('two'));
    directory.memberGone(view('two'));
    expect(told.slice(2)).toEqual(['offer.withdrawn f two', 'offer.withdrawn g two']);
    expect(directory.offers()).toEqual([]);
  });

  test('gives offers and members in the shapes of the API, resources sorted', () => {
    const { directory } = rig();
    directory.announce({ name: 'one', instance: 'one-1', resources: ['b', 'a'] }, bodyOf('f'));
    expect(directory.offers()).toEqual([
      { function: 'f', version: '1.0.0', server: 'one', resources: ['a', 'b'], effect: 'once', kind: 'call' },
    ]);
    const shape = { name: 'one', url: 'one:1', status: 'alive', epoch: 1, resources: ['db', 'a'], evidence: [] };
    expect(memberOf(view('one'))).toEqual(shape);
    const doubted = view('one', { status: 'suspect', evidence: ['silent'], root: 'ab' });
    expect(memberOf(doubted)).toEqual({ ...shape, status: 'suspect', evidence: ['silent'], root: 'ab' });
  });
});
