/**
 * A promise with its levers outside. (Promise.withResolvers needs Node 22.)
 */

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = ignore;
  let reject: Deferred<T>['reject'] = ignore;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** The same promise, marked so that a rejection nobody looks at stays quiet. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/**
 * The work, which ends at once when what somebody's callback gave back is a promise that rejects before. One that rejects later is
 * unhandled, as it would be without us.
 */
export async function unlessRejected<T>(given: unknown, work: Promise<T>): Promise<T> {
  // One that has rejected already, whatever the work has come to; a promise without end loses to nothing at all.
  void quiet(work);
  await Promise.race([Promise.resolve(given), Promise.resolve()]);
  let isOver = false;
  const rejection = new Promise<never>((_, reject) => {
    void Promise.resolve(given).catch((error: unknown) => {
      if (isOver) throw error;
      reject(error);
    });
  });
  return Promise.race([work, rejection]).finally(() => {
    isOver = true;
  });
}

function ignore(): void {}
