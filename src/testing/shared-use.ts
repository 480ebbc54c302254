/**
 * Something of the whole process that is in place while at least one simulation needs it.
 *
 * U1 the first user puts it in place and the last one takes it away; ending a use twice is ending it once.
 */

export interface SharedUseOptions {
  readonly begin: () => void;
  readonly end: () => void;
}

export class SharedUse {
  readonly #options: SharedUseOptions;
  #users = 0;

  constructor(options: SharedUseOptions) {
    this.#options = options;
  }

  /** One user more; returns what ends that use. */
  enter(): () => void {
    this.#users += 1;
    if (this.#users === 1) this.#options.begin();
    let isUsing = true;
    return () => {
      if (!isUsing) return;
      isUsing = false;
      this.#users -= 1;
      if (this.#users === 0) this.#options.end();
    };
  }
}
