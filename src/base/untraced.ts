/**
 * Errors without a stack. Capturing one costs 6 microseconds and a list of frames, a tenth of that without; errors come by the
 * thousand just when there is least time for them, and of one that is raised out of an event loop the stack shows that loop.
 */

/** What `make` gives; errors that it creates have no stack frames. */
export function untraced<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  if (!limitTo(0)) return make();
  try {
    return make();
  } finally {
    limitTo(limit);
  }
}

/** False where somebody has frozen it (`--frozen-intrinsics`): then there are stacks. */
function limitTo(frames: number): boolean {
  return Reflect.set(Error, 'stackTraceLimit', frames);
}
