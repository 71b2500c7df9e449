import PQueue from "p-queue";
import { running } from "../running.js";

export const subject = running(() => {
  const queue = new PQueue({ concurrency: 1 });
  return (task, signal) => (signal === undefined ? queue.add(task) : queue.add(task, { signal }));
});
