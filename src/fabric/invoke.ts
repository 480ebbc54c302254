/**
 * One handler, run here as a server would run it: arguments and result pass through the encoding and the schemas.
 * No fabric, no admission, no deadline.
 */

import type { HeddleFunction, Is } from '../core/function.ts';
import type { Context } from './api.ts';

/**
 * Runs the handler of a definition and resolves to what a caller would get. Rejects with the HeddleError that a caller
 * would see (`bad_argument`, `too_large`, `function_failed`, `bad_result`). `ctx` replaces parts of the context;
 * `ctx.call` answers nested calls, which fail otherwise.
 */
export async function invoke<A extends readonly unknown[], R>(_fn: HeddleFunction<A, R>, _args: Readonly<Is<A>>, _ctx?: Partial<Context>): Promise<Is<R>> {
  throw new Error('not yet');
}
