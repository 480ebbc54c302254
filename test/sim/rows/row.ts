/**
 * A row of the fault page as a generator of scenes, and one seed of it.
 */

import type { MeshRules } from '../../../src/core/gossip/state.ts';
import { Scene, type Tally } from './scene.ts';

export interface FaultRow {
  /** Its number on the fault page, with a letter where the page says two things. */
  readonly row: string;
  readonly what: string;
  /** Fewest members that it makes sense with. */
  readonly sizeMin: number;
  /** Members are started by the row itself. */
  readonly isEmpty?: boolean | undefined;
  readonly play: (scene: Scene) => void;
  /** Whole servers with functions in place of bare members: gives what was wrong. */
  readonly playWhole?: undefined;
}

/** A row that is played by whole servers. */
export interface WholeRow {
  readonly row: string;
  readonly what: string;
  readonly sizeMin: number;
  /** Gives what it found wrong. */
  readonly playWhole: (options: {
    readonly seed: string;
    readonly sizeMin: number;
    readonly sizeMax: number;
  }) => Promise<readonly string[]>;
}

export interface RowOutcome {
  readonly problems: readonly string[];
  readonly tally: Tally;
}

/** `members`: exactly so many; otherwise up to `sizeMax`, by the seed. */
export interface RowOptions {
  readonly seed: string;
  readonly sizeMax: number;
  readonly members?: number | undefined;
  /** Rules of the mesh that are switched off; for rows of bare members. */
  readonly rules?: Partial<MeshRules> | undefined;
}

export async function runRow(row: FaultRow | WholeRow, { seed, sizeMax, members, rules }: RowOptions): Promise<RowOutcome> {
  const sizes = { sizeMin: members ?? row.sizeMin, sizeMax: Math.max(members ?? sizeMax, row.sizeMin) };
  try {
    if (row.playWhole) return { problems: await row.playWhole({ seed: `${row.row} ${seed}`, ...sizes }), tally: none() };
    const scene = new Scene({ seed: `${row.row} ${seed}`, ...sizes, isEmpty: row.isEmpty, rules });
    row.play(scene);
    scene.close();
    return scene;
  } catch (error) {
    // What the machine asserts, and a storm.
    return { problems: [error instanceof Error ? error.message : String(error)], tally: none() };
  }
}

function none(): Tally {
  return { memberHours: 0, falseDeads: 0 };
}
