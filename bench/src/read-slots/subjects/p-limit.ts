import pLimit from "p-limit";
import type { Items, Subject, Task } from "../subject.js";

function all({ array }: Items, slots: number, task: Task): Promise<number[]> {
  const limit = pLimit(slots);
  return Promise.all(array.map((item) => limit(task, item)));
}

export const subject: Subject = { forEach: all, ordered: all };
