/**
 * What can happen to a few members, enumerated: joins in every order, cuts, kills, restarts, pauses, twins of one name.
 *
 * A pattern says what it does and what must be true while it lasts; that everything is whole again within 30 s of
 * the last repair (M6), with equal roots (M4) and nothing against the other invariants, is checked for every one.
 */

import type { World } from './world.ts';

export interface Pattern {
  readonly name: string;
  /** Starts, disturbs, repairs. Gives what it found wrong on the way. */
  readonly run: (world: World) => readonly string[];
  /** False: nobody that runs may be buried, however briefly. */
  readonly mayBury: boolean;
  /** Name of a member that must accuse nobody: its own loop was late, nothing else was wrong. */
  readonly innocent?: string | undefined;
}

export const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] as const;
/** M6. */
export const healMaxMs = 30_000;

type Disturbance = {
  readonly name: string;
  readonly begin: (world: World) => void;
  readonly holdMs: number;
  readonly end: (world: World) => void;
  readonly mayBury: boolean;
  readonly innocent?: string | undefined;
  readonly forgetsAll?: boolean;
};

const addressOf = (name: string): string => `${name}:1`;
const nothing = (): void => {};

/** Every pattern for `size` members: joins, every disturbance, and every twin. */
export function* patternsOf(size: number): Iterable<Pattern> {
  yield* joinPatterns(size);
  for (const disturbance of disturbancesOf(size)) yield disturbed(size, disturbance);
  yield* twinPatterns(size);
}

/** Every disturbance while every other one lasts (quadratic). */
export function* pairPatternsOf(size: number): Iterable<Pattern> {
  const all = [...disturbancesOf(size)];
  for (const first of all) {
    // Two that have forgotten every address cannot be brought together again by anybody.
    for (const second of all) if (first !== second && !(first.forgetsAll && second.forgetsAll)) yield disturbed(size, first, second);
  }
}

/** Everybody knows everybody, a chain, a hub; started in every order, at once and with pauses. */
function* joinPatterns(size: number): Iterable<Pattern> {
  const members = names.slice(0, size);
  const graphs = {
    all: (name: string) => members.filter((other) => other !== name),
    chain: (name: string) => members.filter((_, at) => members[at + 1] === name),
    hub: (name: string) => members.filter((other, at) => at === 0 && other !== name),
  };
  for (const [graph, seedsOf] of Object.entries(graphs)) {
    for (const order of permutations(members)) {
      for (const pauseMs of [0, 700]) {
        const run = (world: World): readonly string[] => {
          for (const name of order) {
            world.start({ name, address: addressOf(name), join: seedsOf(name).map(addressOf) });
            if (name !== order.at(-1)) world.advance(pauseMs);
          }
          const tookMs = world.until(() => world.isOneView(), healMaxMs);
          return tookMs !== undefined && tookMs <= 1_000 ? [] : [`one view only after ${tookMs ?? '?'} ms`];
        };
        yield { name: `${size} join ${graph} ${order.join('')} pause ${pauseMs}`, run, mayBury: false };
      }
    }
  }
}

function* disturbancesOf(size: number): Iterable<Disturbance> {
  const members = names.slice(0, size);
  for (const [at, one] of members.entries()) {
    for (const other of members.slice(at + 1)) {
      yield cutting(
        `cut ${one}-${other}`,
        [
          [one, other],
          [other, one],
        ],
        { holdMs: 25_000, mayBury: false },
      );
      yield cutting(`cut ${one}>${other}`, [[one, other]], { holdMs: 25_000, mayBury: false });
      yield cutting(`cut ${other}>${one}`, [[other, one]], { holdMs: 25_000, mayBury: false });
    }
    for (const holdMs of [800, 5_000, 12_000, 30_000]) yield pausing(one, holdMs);
    for (const downMs of [20, 1_000, 12_000]) {
      for (const hasMemory of [true, false]) yield restarting(one, { downMs, hasMemory, join: members.filter((name) => name !== one) });
      yield restarting(one, { downMs, hasMemory: false, join: [] });
    }
    yield killing(one);
  }
  if (size >= 4)
    for (const one of members)
      yield* narrowing(
        one,
        members.filter((name) => name !== one),
      );
  for (const side of halves(members)) {
    const rest = members.filter((name) => !side.includes(name));
    const cuts = side.flatMap((one) =>
      rest.flatMap(
        (other) =>
          [
            [one, other],
            [other, one],
          ] as const,
      ),
    );
    for (const holdMs of [2_000, 60_000]) yield cutting(`split ${side.join('')}|${rest.join('')}`, cuts, { holdMs, mayBury: true });
    yield cutting(
      `deaf ${side.join('')}|${rest.join('')}`,
      side.flatMap((one) => rest.map((other) => [one, other] as const)),
      { holdMs: 25_000, mayBury: true },
    );
  }
}

/** One member of `size` that only one other reaches: those who ask others hit upon that one only now and then. */
export function narrowPatternsOf(size: number): readonly Pattern[] {
  const [one, ...others] = names.slice(0, size);
  return one === undefined ? [] : [...narrowing(one, others)].map((disturbance) => disturbed(size, disturbance));
}

/** All but one other lose sight of it: a quorum accuses it, and it refutes over the one that is left. */
function* narrowing(one: string, others: readonly string[]): Iterable<Disturbance> {
  for (const left of others) {
    const cuts = others
      .filter((other) => other !== left)
      .flatMap(
        (other) =>
          [
            [one, other],
            [other, one],
          ] as const,
      );
    yield cutting(`narrow ${one}-${left}`, cuts, { holdMs: 25_000, mayBury: false });
  }
}

function cutting(
  name: string,
  cuts: readonly (readonly [string, string])[],
  { holdMs, mayBury }: { holdMs: number; mayBury: boolean },
): Disturbance {
  const begin = (world: World): void => {
    for (const [from, to] of cuts) world.cut(addressOf(from), addressOf(to));
  };
  return { name: `${name} ${holdMs}`, begin, holdMs, end: (world) => world.heal(), mayBury };
}

function pausing(name: string, holdMs: number): Disturbance {
  const address = addressOf(name);
  const isThere = (world: World): boolean => world.at(address).host.isAlive;
  return {
    name: `pause ${name} ${holdMs}`,
    begin: (world) => (isThere(world) ? world.pause(address) : undefined),
    holdMs,
    end: (world) => (isThere(world) && world.at(address).host.isPaused ? world.resume(address) : undefined),
    // Nobody can refute for as long as it stands still.
    mayBury: holdMs > 10_000,
    innocent: holdMs > 10_000 ? undefined : name,
  };
}

function killing(name: string): Disturbance {
  return { name: `kill ${name}`, begin: (world) => killOnce(world, name), holdMs: 5_000, end: nothing, mayBury: false };
}

function restarting(
  name: string,
  options: { readonly downMs: number; readonly hasMemory: boolean; readonly join: readonly string[] },
): Disturbance {
  const { downMs, hasMemory, join } = options;
  const end = (world: World): void => {
    if (!world.at(addressOf(name)).host.isAlive) world.start({ name, address: addressOf(name), join: join.map(addressOf), hasMemory });
  };
  const memory = hasMemory ? 'remembering' : join.length === 0 ? 'forgetting all' : 'forgetting';
  return {
    name: `restart ${name} ${downMs} ${memory}`,
    begin: (world) => killOnce(world, name),
    holdMs: downMs,
    end,
    mayBury: false,
    forgetsAll: join.length === 0,
  };
}

function killOnce(world: World, name: string): void {
  if (world.at(addressOf(name)).host.isAlive) world.kill(addressOf(name));
}

/** A settled fabric, one disturbance, and perhaps a second one inside it. */
function disturbed(size: number, first: Disturbance, second?: Disturbance): Pattern {
  const run = (world: World): readonly string[] => {
    const members = names.slice(0, size);
    for (const name of members)
      world.start({ name, address: addressOf(name), join: members.filter((other) => other !== name).map(addressOf) });
    if (world.until(() => world.isOneView(), healMaxMs) === undefined) return ['no fabric to begin with'];
    world.advance(1_000);
    first.begin(world);
    if (second) {
      world.advance(first.holdMs / 2);
      second.begin(world);
      world.advance(second.holdMs);
      second.end(world);
      world.advance(first.holdMs / 2);
    } else world.advance(first.holdMs);
    first.end(world);
    return [];
  };
  const innocent = second ? undefined : first.innocent;
  return {
    name: `${size} ${first.name}${second ? ` with ${second.name}` : ''}`,
    run,
    mayBury: first.mayBury || second !== undefined,
    innocent,
  };
}

/** Two processes of one name, started together or one after the other, at the same or at different seeds: one stays. */
function* twinPatterns(size: number): Iterable<Pattern> {
  const members = names.slice(0, size);
  for (const seeds of [
    [0, 0],
    [0, size - 1],
  ] as const) {
    for (const gapMs of [0, 1, 40, 3_000]) {
      for (const isCutMs of [0, 8_000]) {
        const run = (world: World): readonly string[] => {
          for (const name of members)
            world.start({
              name,
              address: addressOf(name),
              join: members
                .slice(0, 1)
                .filter((other) => other !== name)
                .map(addressOf),
            });
          world.until(() => world.isOneView(), healMaxMs);
          const [firstSeed, secondSeed] = [members[seeds[0]] ?? 'a', members[seeds[1]] ?? 'a'];
          if (isCutMs > 0) separate(world, members, firstSeed, secondSeed);
          world.start({ name: 'twin', address: 'x:1', join: [addressOf(firstSeed)] });
          world.advance(gapMs);
          world.start({ name: 'twin', address: 'y:1', join: [addressOf(secondSeed)] });
          world.advance(isCutMs);
          world.heal();
          world.advance(5_000);
          const staying = world.live().filter((process) => process.options.name === 'twin').length;
          return staying === 1 ? [] : [`${staying} of two twins stay`];
        };
        yield { name: `${size} twins at ${seeds.join('')} gap ${gapMs} cut ${isCutMs}`, run, mayBury: true };
      }
    }
  }
}

/** Puts the two twins, with their seeds, on two sides of a cut. */
function separate(world: World, members: readonly string[], first: string, second: string): void {
  const left = [addressOf(first), 'x:1'];
  const right = first === second ? ['y:1'] : [...members.filter((name) => name !== first).map(addressOf), 'y:1'];
  for (const one of left) {
    for (const other of right) {
      world.cut(one, other);
      world.cut(other, one);
    }
  }
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, at) => permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]));
}

/** Every way to split in two, each once. */
function halves<T>(items: readonly T[]): readonly (readonly T[])[] {
  const sides: T[][] = [];
  for (let bits = 1; bits < 2 ** (items.length - 1); bits += 1) sides.push(items.filter((_, at) => (bits >> at) & 1));
  return sides;
}
