import type { ObjectTarget } from "../object.js";

/** Lets the tasks of one name run one after the other; those of different names do not wait for each other. */
export class Lines {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs the task when those that came before it under this name have settled. */
  run<R>(name: string, task: () => Promise<R>): Promise<R> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const result = before.then(task);
    const settled = result
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(name) === settled) this.#last.delete(name);
      });
    this.#last.set(name, settled);
    return result;
  }
}

/** The name of the line of all changes of one object. */
export const objectLineOf = ({ bucket, key }: ObjectTarget) => `object ${bucket}/${key}`;
