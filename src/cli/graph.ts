/**
 * A graph of steps as lines for a terminal: one line a step, each below all that it needs, and rails that join them, as
 * `git log --graph` draws commits. There is no layout to compute, so that it is drawn as fast as it is printed.
 *
 * G1 a rail runs from a step down to the last step that needs it, and ends there.
 * G2 a graph that would take more than `railsMax` rails is not drawn: nobody could follow them.
 * (The libraries that draw graphs in a terminal bring a layout engine of 8 MB, or draw trees.)
 */

export interface GraphStep {
  readonly name: string;
  /** Names of earlier steps. */
  readonly needs: readonly string[];
  /** One character. */
  readonly mark: string;
  readonly label: string;
}

export const railsMax = 16;

/** The lines; undefined where there are too many rails. Steps come in an order in which they could run. */
export function drawGraph(steps: readonly GraphStep[]): readonly string[] | undefined {
  const rails = new Rails(steps);
  const lines: string[] = [];
  for (const step of steps) {
    const { joint, rail } = rails.take(step);
    if (rails.width > railsMax) return undefined;
    if (joint !== undefined) lines.push(joint);
    lines.push(`${rail}  ${step.label}`.trimEnd());
  }
  return lines;
}

class Rails {
  /** How many steps still need each one. */
  readonly #left = new Map<string, number>();
  /** The step whose rail runs in each column. */
  #columns: (string | undefined)[] = [];

  constructor(steps: readonly GraphStep[]) {
    for (const need of steps.flatMap(({ needs }) => [...new Set(needs)])) this.#left.set(need, (this.#left.get(need) ?? 0) + 1);
  }

  get width(): number {
    return this.#columns.length;
  }

  /** Draws one step: the line that joins what it needs, unless that is the rail right above it, and its own. */
  take({ name, needs, mark }: GraphStep): { readonly joint: string | undefined; readonly rail: string } {
    const before = this.#columns;
    const from = before.flatMap((step, at) => (step !== undefined && needs.includes(step) ? [at] : []));
    for (const need of new Set(needs)) this.#left.set(need, (this.#left.get(need) ?? 1) - 1);
    const after = before.map((step) => (step !== undefined && this.#left.get(step) === 0 ? undefined : step));
    const free = from.find((at) => after[at] === undefined) ?? after.indexOf(undefined);
    const column = free < 0 ? after.length : free;
    after[column] = name;
    const joint = from.length === 0 || (from.length === 1 && from[0] === column) ? undefined : jointOf({ before, after, from, column });
    const rail = lineOf(after.length, (at) => (at === column ? mark : after[at] === undefined ? ' ' : '│'));
    if ((this.#left.get(name) ?? 0) === 0) after[column] = undefined;
    while (after.length > 0 && after.at(-1) === undefined) after.pop();
    this.#columns = after;
    return { joint, rail };
  }
}

interface Joint {
  readonly before: readonly (string | undefined)[];
  readonly after: readonly (string | undefined)[];
  readonly from: readonly number[];
  readonly column: number;
}

function jointOf({ before, after, from, column }: Joint): string {
  const first = Math.min(column, ...from);
  const last = Math.max(column, ...from);
  const width = Math.max(before.length, after.length);
  const isJoined = (at: number): boolean => at === column || from.includes(at);
  const cell = (at: number): string => {
    const up = before[at] !== undefined;
    const down = after[at] !== undefined;
    if (at < first || at > last) return up ? '│' : ' ';
    if (!isJoined(at)) return up ? '│' : '─';
    return corner({ up, down, left: at > first, right: at < last });
  };
  return lineOf(width, cell, (at) => (at >= first && at < last ? '─' : ' '));
}

function lineOf(width: number, cell: (at: number) => string, gap: (at: number) => string = () => ' '): string {
  const cells = Array.from({ length: width }, (_, at) => cell(at) + (at < width - 1 ? gap(at) : ''));
  return cells.join('').trimEnd();
}

interface Arms {
  readonly up: boolean;
  readonly down: boolean;
  readonly left: boolean;
  readonly right: boolean;
}

/** Box-drawing characters by their arms: up 8, down 4, left 2, right 1. */
const corners = ' ╶╴─╷╭╮┬╵╰╯┴│├┤┼';

function corner({ up, down, left, right }: Arms): string {
  return corners[(up ? 8 : 0) + (down ? 4 : 0) + (left ? 2 : 0) + (right ? 1 : 0)] ?? ' ';
}
