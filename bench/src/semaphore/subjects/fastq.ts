import fastq from "fastq";
import { running } from "../running.js";

type Task = () => number | Promise<number>;

export const subject = running(() => {
  const queue = fastq.promise<unknown, Task, number>(async (task) => task(), 1);
  return (task) => queue.push(task);
});
