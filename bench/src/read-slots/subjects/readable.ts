import { Readable } from "node:stream";
import type { Subject, Task } from "../subject.js";

// Nobody looks at what it gives.
const silent = (task: Task) => task as unknown as (item: number) => Promise<void>;

export const subject: Subject = {
  forEach: ({ source }, concurrency, task) => Readable.from(source).forEach(silent(task), { concurrency }),
  ordered: ({ source }, concurrency, task) => Readable.from(source).map(task, { concurrency }),
};
