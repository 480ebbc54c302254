/**
 * The script that every mesh is put through, one scene after the other, each from a whole mesh on.
 */

import { nowMs } from './crew.ts';
import type { Calls } from './main-member.ts';
import { pause, type World } from './world.ts';

export interface Lengths {
  readonly offers: number;
  readonly kills: number;
  readonly stops: number;
  /** How long traffic is counted, a link stays cut, and a member is starved. */
  readonly windowMs: number;
  /** What has not happened after this long counts as never. */
  readonly capMs: number;
}

/** Milliseconds; `undefined`: not within the cap. */
export interface Figures {
  readonly members: number;
  readonly joinedMs: number;
  readonly bytesPerSecond: number | undefined;
  readonly cpuMsPerSecond: number | undefined;
  readonly residentBytes: number | undefined;
  readonly knownMs: readonly (number | undefined)[];
  readonly killedMs: readonly (number | undefined)[];
  readonly stoppedMs: readonly (number | undefined)[];
  readonly starved: FalseDeads;
  /** `calls`: of a third server to both of the two meanwhile. */
  readonly cut: (FalseDeads & { readonly calls: Calls }) | undefined;
}

/** Healthy servers given up: how many of them, by how many servers, and how often in all. */
export interface FalseDeads {
  readonly servers: number;
  readonly observers: number;
  readonly verdicts: number;
}

type Say = (text: string) => void;

export async function perform(world: World, lengths: Lengths, say: Say): Promise<Figures> {
  const joinedMs = await world.start();
  say('counting what is sent while nothing happens');
  await pause(2_000);
  const quiet = await measureQuiet(world, lengths.windowMs);
  const knownMs = await repeat(lengths.offers, (turn) => offerOne(world, turn, lengths.capMs), say, 'a new function');
  const starved = await starve(world, lengths.windowMs, say);
  const cut = await cutOne(world, lengths.windowMs, say);
  const stoppedMs = await repeat(
    lengths.stops,
    (turn) => loseOne(world, turn, { signal: 'SIGSTOP', capMs: lengths.capMs }),
    say,
    'a stopped server',
  );
  const killedMs = await repeat(
    lengths.kills,
    (turn) => loseOne(world, turn, { signal: 'SIGKILL', capMs: lengths.capMs }),
    say,
    'a killed server',
  );
  return { members: world.members.size, joinedMs, ...quiet, knownMs, stoppedMs, killedMs, starved, cut };
}

async function repeat(
  times: number,
  scene: (turn: number) => Promise<number | undefined>,
  say: Say,
  what: string,
): Promise<(number | undefined)[]> {
  const figures: (number | undefined)[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const figure = await scene(turn);
    say(`${what}: ${figure === undefined ? 'not in time' : `${figure.toFixed(0)} ms`}`);
    figures.push(figure);
  }
  return figures;
}

async function measureQuiet(world: World, windowMs: number): Promise<Pick<Figures, 'bytesPerSecond' | 'cpuMsPerSecond' | 'residentBytes'>> {
  const before = new Map(world.living().map((member) => [member, member.usage()]));
  const startMs = nowMs();
  await pause(windowMs);
  const seconds = (nowMs() - startMs) / 1000;
  const rates = [...before].flatMap(([member, first]) => {
    const last = member.usage();
    return first && last ? [{ ...last, bytes: (last.bytes - first.bytes) / seconds, cpuMs: (last.cpuMs - first.cpuMs) / seconds }] : [];
  });
  const mean = (pick: (rate: (typeof rates)[number]) => number): number | undefined =>
    rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + pick(rate), 0) / rates.length;
  return {
    bytesPerSecond: mean(({ bytes }) => bytes),
    cpuMsPerSecond: mean(({ cpuMs }) => cpuMs),
    residentBytes: mean((rate) => rate.residentBytes),
  };
}

/** From the moment at which one member offers something new until the last one knows it. */
async function offerOne(world: World, turn: number, capMs: number): Promise<number | undefined> {
  const fn = `fresh${turn}`;
  const living = world.living();
  const owner = living[(turn * 7 + 3) % living.length];
  for (const member of living) if (member !== owner) member.tell({ kind: 'expect', fn });
  await pause(500); // so that everybody expects it
  const offered = owner?.next('offered');
  owner?.tell({ kind: 'offer', fn });
  const startMs = Number((await offered)?.nanos) / 1e6;
  return world.until(startMs, capMs, () => {
    const times = world.said.known.get(fn);
    return times?.size === living.length - 1 ? Math.max(...times.values()) : undefined;
  });
}

/** From the signal until the last of the others avoids the one that got it. A stopped one is let go on, and taken back. */
async function loseOne(
  world: World,
  turn: number,
  { signal, capMs }: { readonly signal: 'SIGSTOP' | 'SIGKILL'; readonly capMs: number },
): Promise<number | undefined> {
  const living = world.living();
  const victim = living[(turn * 11 + 5) % living.length];
  const first = world.said.opinions.length;
  const startMs = nowMs();
  victim?.signal(signal);
  const tookMs = await world.until(startMs, capMs, () => {
    const avoided = new Map<string, number>();
    for (const { by, about, opinion, atMs } of world.said.opinions.slice(first)) {
      if (about !== victim?.name || by === about) continue;
      if (opinion === 'alive') avoided.delete(by);
      else if (!avoided.has(by)) avoided.set(by, atMs);
    }
    return avoided.size === living.length - 1 ? Math.max(...avoided.values()) : undefined;
  });
  if (signal === 'SIGSTOP') victim?.signal('SIGCONT');
  else await victim?.end();
  await world.untilWhole();
  return tookMs;
}

/** One member runs for a tenth of each second only. */
async function starve(world: World, windowMs: number, say: Say): Promise<FalseDeads> {
  say('one member gets a tenth of its processor time');
  const victim = world.living()[1];
  const first = world.said.opinions.length;
  for (const untilMs = nowMs() + windowMs; nowMs() < untilMs; ) {
    victim?.signal('SIGSTOP');
    await pause(900);
    victim?.signal('SIGCONT');
    await pause(100);
  }
  await pause(settleMs);
  const result = falseDeads(world, first);
  await world.untilWhole();
  return result;
}

/** One link of all is cut: its connections end, and packets between the two hosts are lost. A third server calls both. */
async function cutOne(world: World, windowMs: number, say: Say): Promise<Figures['cut']> {
  if (!world.pair) return undefined;
  say(`the link between ${world.pair.join(' and ')} is cut`);
  const third = world.living()[0];
  for (const server of world.pair) third?.tell({ kind: 'call', server });
  await pause(1_000);
  const first = world.said.opinions.length;
  world.cutPair();
  await pause(windowMs);
  third?.tell({ kind: 'rest' });
  const deads = falseDeads(world, first);
  world.healPair();
  await pause(settleMs);
  const calls = (await third?.count())?.calls ?? { done: 0, failed: 0 };
  await world.untilWhole();
  return { ...deads, calls };
}

/** Time for the last verdicts of a scene to get around. */
const settleMs = 3_000;

/** What was said of living servers since the opinion of that number. */
function falseDeads(world: World, first: number): FalseDeads {
  const living = new Set(world.living().map(({ name }) => name));
  const deads = world.said.opinions.slice(first).filter(({ opinion, about }) => opinion === 'dead' && living.has(about));
  return {
    servers: new Set(deads.map(({ about }) => about)).size,
    observers: new Set(deads.map(({ by }) => by)).size,
    verdicts: deads.length,
  };
}
