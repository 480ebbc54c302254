/**
 * The transport's promises once more over TLS: nothing about them is different. Takes some seconds that `npm test` does not have.
 */
import { implementations, overTls } from './transport-world.ts';

implementations.splice(0, implementations.length, overTls);

await import('./transport.test.ts');
