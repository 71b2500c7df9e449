import type { Memory } from "./subject.js";

/** Items that stay where `open` puts them: a function that takes one, and must not refuse it. */
export const queuedIn =
  (open: (capacity: number) => { keep: object; put(item: number): unknown }): Memory =>
  (count) =>
  async () => {
    const { keep, put } = open(count);
    // One that is no small integer would be an object of its own.
    for (let left = count; left > 0; left--) if (put(7) === false) throw new Error("an item was refused");
    return { keep };
  };

/** Senders that wait, with their promises in an array of the caller. */
export const blockedAt =
  (open: () => { keep: object; send(item: number): unknown }): Memory =>
  (count) => {
    const promises = new Array<unknown>(count).fill(undefined);
    return async () => {
      const { keep, send } = open();
      for (let at = 0; at < count; at++) promises[at] = send(7);
      return { keep, promises };
    };
  };
