/**
 * Before every test file: property tests draw the same cases in each run, so that a failure is a change's and no luck's.
 * HEDDLE_TEST_SEED (an integer) gives others; `npm run soak` chooses one and prints it.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['HEDDLE_TEST_SEED'] ?? 1) });
