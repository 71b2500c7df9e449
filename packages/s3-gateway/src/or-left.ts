/**
 * What somebody else promises, or the end of whoever waits for it.
 *
 * - **Order:** none.
 * - **Abort:** rejects with `signal.reason` at once; what is still promised then is dropped.
 * - **Errors:** those of the promise.
 */
export async function orLeft<T>(promised: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let leave = (): void => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
  });
  signal.addEventListener("abort", leave);
  try {
    return await Promise.race([promised, left]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
