import { ReadSlots } from "@sluice/read-slots";
import type { Subject } from "../subject.js";

export const subject: Subject = {
  forEach: ({ source }, slots, task) => new ReadSlots(slots).forEach(source, task),
  ordered: ({ source }, slots, task) => new ReadSlots(slots).map(source, task),
  unordered: ({ source }, slots, task) => new ReadSlots(slots).map(source, task, { ordered: false }),
};
