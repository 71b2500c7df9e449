import pMap, { pMapIterable } from "p-map";
import type { Subject } from "../subject.js";

export const subject: Subject = {
  forEach: ({ source }, concurrency, task) => pMap(source, task, { concurrency }),
  ordered: ({ source }, concurrency, task) => pMapIterable(source, task, { concurrency }),
  unordered: ({ source }, concurrency, task) =>
    pMapIterable(source, task, { concurrency, preserveOrder: false }),
};
