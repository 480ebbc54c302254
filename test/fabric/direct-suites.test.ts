/**
 * The suites that speak of clients, once more with clients that call directly: what they promise is the same.
 */
import { FabricWorld } from './world.ts';

FabricWorld.usualRouting = 'direct';

await import('./client.test.ts');
await import('./drain.test.ts');
await import('./server.test.ts');
await import('./session-run.test.ts');
await import('./absent-provider.test.ts');
await import('./call-terms.test.ts');
await import('./explain.test.ts');
await import('./run-handle.test.ts');
await import('./runner.test.ts');
await import('./streams.test.ts');
await import('./streamed-arguments.test.ts');
