/**
 * Whom this member has adopted: members that too few of their observers reach, and that have asked to be observed from here
 * as well. A table only; adopting.ts writes it.
 */

export class Adoptions {
  /** When each was adopted, by instance, with its name. */
  readonly #adopted = new Map<string, { readonly name: string; readonly sinceMs: number }>();
  #revision = 0;

  /** Another number whenever somebody was adopted or let go, here or by whom this member asked. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#adopted.size;
  }

  has(instance: string): boolean {
    return this.#adopted.has(instance);
  }

  adopt({ name, instance }: { readonly name: string; readonly instance: string }, nowMs: number): void {
    this.#adopted.set(instance, { name, sinceMs: nowMs });
    this.#revision += 1;
  }

  letGo(instance: string): void {
    if (this.#adopted.delete(instance)) this.#revision += 1;
  }

  /** Our own adopters are others than before. */
  changed(): void {
    this.#revision += 1;
  }

  all(): Iterable<readonly [instance: string, { readonly name: string; readonly sinceMs: number }]> {
    return this.#adopted;
  }
}
