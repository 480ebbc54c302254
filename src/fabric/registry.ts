/**
 * The functions that one server offers, by name and version.
 */

import type { CatalogBody, FunctionRecord } from '../core/catalog/offer.ts';
import type { Functions } from './api.ts';
import type { Definition } from './define.ts';

/** One function as one server offers it. */
export interface ServedFunction {
  readonly definition: Definition;
  readonly record: FunctionRecord;
}

export class Registry {
  constructor(_functions: Functions = {}) {}

  /** How many functions are offered. */
  get size(): number {
    return 0;
  }

  /** Adds all of `functions`, or throws `bad_argument` (`too_large`) and adds none. */
  add(_functions: Functions): readonly FunctionRecord[] {
    return [];
  }

  /** Takes every version of these names away; gives what was taken. */
  withdraw(_names: readonly string[]): readonly FunctionRecord[] {
    return [];
  }

  /** The function of this name and exact version; without a version the highest. */
  find(_name: string, _version?: string): ServedFunction | undefined {
    return undefined;
  }

  /** What the server announces, sorted by name, then version. */
  body(): CatalogBody {
    return { functions: [] };
  }
}
