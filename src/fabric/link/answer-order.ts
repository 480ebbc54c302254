/**
 * The answers of each conversation in the order in which they were sent, although parts of some come later.
 *
 * O1 an answer is delivered after every earlier one of its conversation, and once.
 * O2 only conversations that wait for something cost anything.
 */

import type { Frame } from '../../wire/frame.ts';

interface Answer {
  isWhole: boolean;
  readonly deliver: () => void;
}

export class AnswerOrder {
  readonly #waiting = new Map<number, Answer[]>();

  /** Whether an earlier answer of the conversation is not whole yet. */
  isHeld(id: number): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(id);
  }

  /** Gives an answer its place; calling what it gives back says that the answer is whole. */
  enter(id: number, deliver: () => void): () => void {
    const answer: Answer = { isWhole: false, deliver };
    const answers = this.#waiting.get(id);
    if (answers) answers.push(answer);
    else this.#waiting.set(id, [answer]);
    return () => {
      answer.isWhole = true;
      this.#release(id);
    };
  }

  #release(id: number): void {
    const answers = this.#waiting.get(id) ?? [];
    const held = answers.findIndex((answer) => !answer.isWhole);
    const ready = answers.splice(0, held < 0 ? answers.length : held);
    if (answers.length === 0) this.#waiting.delete(id);
    for (const { deliver } of ready) deliver();
  }
}

/** The conversation that a frame answers; undefined for requests and for what belongs to none. */
export function answerIdOf(frame: Frame): number | undefined {
  switch (frame.kind) {
    case 'reply':
    case 'progress':
    case 'runEvent':
    case 'standing':
      return frame.id;
    case 'item':
    case 'credit':
      return frame.isFromOpener ? undefined : frame.id;
    default:
      return undefined;
  }
}

/** The conversation whose opener says something after its request that has an order: of a streamed argument. */
export function openerIdOf(frame: Frame): number | undefined {
  if (frame.kind === 'end') return frame.id;
  return frame.kind === 'item' && frame.isFromOpener ? frame.id : undefined;
}
