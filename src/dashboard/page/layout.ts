/**
 * Where the servers stand in the picture: a force layout that moves only when servers or links come and go.
 *
 * L1 a server keeps its place while others come and go; a new one appears beside one that it is linked to.
 * L2 a round of the layout is bounded; it is spread over frames, so that the page stays responsive with hundreds of servers.
 */

import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force';

export interface Place extends SimulationNodeDatum {
  readonly name: string;
  x: number;
  y: number;
}

export interface Pair {
  readonly from: string;
  readonly to: string;
}

interface Spring extends SimulationLinkDatum<Place> {
  readonly source: string | Place;
  readonly target: string | Place;
}

/** The angle between two newcomers without neighbours: the golden one, which never fills a spoke twice. */
const goldenAngle = Math.PI * (3 - Math.sqrt(5));
const spacing = 46;

export class Layout {
  readonly #places = new Map<string, Place>();
  #simulation: Simulation<Place, Spring> | undefined;
  #shape = '';
  #added = 0;
  #version = 0;

  get places(): ReadonlyMap<string, Place> {
    return this.#places;
  }

  /** Takes the servers and links of now; the number changes when places are going to. */
  update(names: readonly string[], pairs: readonly Pair[]): number {
    const shape = `${names.join(' ')}|${pairs.map(({ from, to }) => `${from}>${to}`).join(' ')}`;
    if (shape === this.#shape) return this.#version;
    this.#shape = shape;
    const there = new Set(names);
    for (const name of this.#places.keys()) if (!there.has(name)) this.#places.delete(name);
    for (const name of names) if (!this.#places.has(name)) this.#places.set(name, this.#newPlace(name, pairs));
    this.#start(pairs.filter(({ from, to }) => there.has(from) && there.has(to)));
    this.#version += 1;
    return this.#version;
  }

  /** Moves the servers for at most `budgetMs`; false once they have come to rest. */
  step(budgetMs: number, clockMs: () => number): boolean {
    const simulation = this.#simulation;
    if (!simulation) return false;
    const untilMs = clockMs() + budgetMs;
    while (simulation.alpha() > simulation.alphaMin()) {
      simulation.tick();
      if (clockMs() >= untilMs) return true;
    }
    return false;
  }

  #start(pairs: readonly Pair[]): void {
    const places = [...this.#places.values()];
    const springs = pairs.map(({ from, to }): Spring => ({ source: from, target: to }));
    const length = spacing * (places.length > 60 ? 1.2 : places.length > 12 ? 3.4 : 5);
    const isFirst = this.#simulation === undefined;
    this.#simulation = forceSimulation(places)
      .stop()
      // Those that stand already move a little only.
      .alpha(isFirst ? 1 : 0.4)
      .alphaDecay(0.035)
      .force('charge', forceManyBody<Place>().strength(places.length > 60 ? -160 : places.length > 12 ? -600 : -1_400))
      .force(
        'link',
        forceLink<Place, Spring>(springs)
          .id(({ name }) => name)
          .distance(length)
          .strength(places.length > 60 ? 0.08 : 0.25),
      )
      .force('collide', forceCollide<Place>(spacing / 2))
      // Wider than high, as the picture is.
      .force('x', forceX<Place>(0).strength(0.045))
      .force('y', forceY<Place>(0).strength(0.09));
  }

  #newPlace(name: string, pairs: readonly Pair[]): Place {
    this.#added += 1;
    const near = pairs.map(({ from, to }) => (from === name ? to : to === name ? from : '')).find((other) => this.#places.has(other));
    const beside = near === undefined ? undefined : this.#places.get(near);
    const angle = this.#added * goldenAngle;
    const distance = beside ? spacing : spacing * Math.sqrt(this.#added);
    return { name, x: (beside?.x ?? 0) + distance * Math.cos(angle), y: (beside?.y ?? 0) + distance * Math.sin(angle) };
  }
}

/** The rectangle that holds all places, as an SVG's `viewBox`, with room for labels. */
export function viewBoxOf(places: Iterable<Place>, margin: number): string {
  let [left, top, right, bottom] = [-260, -180, 260, 180];
  for (const { x, y } of places) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return [left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin].map(Math.round).join(' ');
}
