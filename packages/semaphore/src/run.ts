import type { Permit } from "./permit.js";

/** Runs the task at once, and gives its permit back when it has settled. */
export function run<R>(task: (permit: Permit) => R | PromiseLike<R>, permit: Permit): Promise<R> {
  let result: R | PromiseLike<R>;
  try {
    result = task(permit);
  } catch (error) {
    permit.release();
    return Promise.reject(error);
  }
  // Only an object can be something to wait for.
  if (Object(result) === result) return settled(result, permit);
  permit.release();
  return Promise.resolve(result);
}

/** Runs it when the permit has come. Apart, because a closure in `use` would cost who needs not wait something, too. */
export const runLater = <R>(
  task: (permit: Permit) => R | PromiseLike<R>,
  permit: Promise<Permit>,
): Promise<R> => permit.then((granted) => run(task, granted));

async function settled<R>(result: R | PromiseLike<R>, permit: Permit): Promise<R> {
  try {
    return await result;
  } finally {
    permit.release();
  }
}
