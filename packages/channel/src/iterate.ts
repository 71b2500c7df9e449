/** There is one step for all iterations that have ended. */
export const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** An iterator by hand: an async generator would cost twice as much for each item. `leave` may be called again. */
export function iterate<T>(
  step: () => Promise<IteratorResult<T>>,
  leave?: () => void,
): AsyncIterableIterator<T> {
  let left = false;
  const iterator: AsyncIterableIterator<T> = {
    next: () => (left ? Promise.resolve(DONE) : step()),
    return: () => {
      left = true;
      leave?.();
      return Promise.resolve(DONE);
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
