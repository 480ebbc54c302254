/**
 * What is called, however the user named it: by a text, by a definition, or by a handle of `remote`.
 */

import { isObject } from '../../base/objects.ts';
import type { Effect, OfferKind } from '../../core/catalog/offer.ts';
import { type AnyFunction, type AnyStream, rangeOf, wrongKind } from '../../core/function.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError } from '../../errors.ts';
import { definitionOf } from '../api/define.ts';

export interface Callee {
  readonly name: string;
  readonly version: string | undefined;
  readonly effect: Effect | undefined;
}

/** `kind`: what is asked of it. Throws `bad_argument` for what cannot be called, or is known to be of the other kind. */
export function calleeOf(fn: unknown, kind: OfferKind): Callee {
  if (typeof fn === 'string') return { name: fn, version: undefined, effect: undefined };
  if (isHandle(fn)) {
    // Of a handle that `remote` made only the types know what it is; the servers that offer it do as well.
    if (fn.kind !== kind && definitionOf(fn) !== undefined) throw wrongKind(fn.name, kind);
    return { name: fn.name, version: rangeOf(fn), effect: fn.effect };
  }
  throw new HeddleError('bad_argument', {
    path: ['function'],
    expected: 'a name, or what defineFunction or remote gave',
    found: typeof fn === 'function' ? 'a plain function (call it by the name it is offered under)' : typeName(fn),
  });
}

function isHandle(fn: unknown): fn is AnyFunction | AnyStream {
  if (!isObject(fn) || !('kind' in fn && 'name' in fn)) return false;
  return (fn.kind === 'call' || fn.kind === 'stream') && typeof fn.name === 'string';
}
