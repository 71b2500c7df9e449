import { forEach, forEachByWorkers, ordered, unordered } from "../../floor/bounded.js";
import type { Subject } from "../subject.js";

export const subject: Subject = {
  forEach: ({ source }, slots, task) => forEach(source, slots, task),
  ordered: ({ source }, slots, task) => ordered(source, slots, task),
  unordered: ({ source }, slots, task) => unordered(source, slots, task),
};

export const workers: Subject = {
  forEach: ({ source }, slots, task) => forEachByWorkers(source, slots, task),
};
