/** A fabric whose types are written from its catalog (types.test.ts, test/cli/types.test.ts). */

import { defineFunction } from 'heddle';
import { z } from 'zod';

const Tree = z.object({
  v: z.number(),
  get kids() {
    return z.array(Tree);
  },
});
/** Functions with schemas of many kinds, and one without. */
export const functions = {
  clean: defineFunction({
    name: 'rows.clean',
    version: '1.2.0',
    effect: 'pure',
    input: [
      z.array(z.object({ id: z.string(), 'odd key': z.number().optional() })).meta({ title: 'rows' }),
      z.enum(['fast', 'slow']).optional(),
    ],
    output: z.object({ kept: z.array(z.string()), dropped: z.int(), best: z.string().nullable() }),
    handler: () => ({ kept: [], dropped: 0, best: null }),
  }),
  older: defineFunction({ name: 'rows.clean', version: '1.1.9', input: [z.number()], handler: () => 1 }),
  grow: defineFunction({ name: 'tree.grow', input: [Tree], output: Tree, handler: (_ctx, tree) => tree }),
  scan: defineFunction({
    name: 'rows.scan',
    input: [z.string()],
    output: z.tuple([z.string(), z.number()]),
    handler: async function* () {},
  }),
  lenient: defineFunction({ name: 'lenient', input: [z.coerce.number(), z.record(z.string(), z.boolean())], handler: (_ctx, n) => n }),
  plain: (a: number, b: number) => a + b,
};

/** What a user writes against the file that `heddle types` makes of them, and what must not compile. */
export const use = `
import { connect, remote } from 'heddle';
import type { Fabric } from './fabric.virtual.ts';
export async function calls(): Promise<void> {
  const client = await connect<Fabric>();
  const cleaned = await client.call('rows.clean', [[{ id: 'a' }, { id: 'b', 'odd key': 1 }]]);
  const kept: string[] = cleaned.kept; const dropped: number = cleaned.dropped; const best: string | null = cleaned.best;
  await client.call('rows.clean', [[], 'slow']);
  const deep: number | undefined = (await client.call('tree.grow', [{ v: 1, kids: [{ v: 2, kids: [] }] }])).kids[0]?.kids[0]?.v;
  for await (const [id, n] of client.stream('rows.scan', ['q'])) { const text: string = id; const count: number = n; void [text, count]; }
  const unknownResult: unknown = await client.call('plain', [1, 'anything', {}]);
  await client.call('lenient', ['5', { a: true }]);
  remote<Fabric>()('rows.clean');
  void [kept, dropped, best, deep, unknownResult];
  // @ts-expect-error a wrong argument
  await client.call('rows.clean', [[{ id: 1 }]]);
  // @ts-expect-error no such mode
  await client.call('rows.clean', [[], 'medium']);
  // @ts-expect-error the result has no such field
  void cleaned.rows;
  // @ts-expect-error a stream is no call
  await client.call('rows.scan', ['q']);
  // @ts-expect-error a call is no stream, although nothing is known of its result
  client.stream('plain', [1]);
  // @ts-expect-error nobody offers it
  await client.call('rows.clear', [[]]);
  // @ts-expect-error an unknown result must be looked at first
  (await client.call('plain', [])).length;
}
`;
