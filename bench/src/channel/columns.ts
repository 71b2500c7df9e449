import { nanoseconds } from "../run/clock.js";
import { bytesEach } from "../run/heap.js";
import type { Column } from "../table.js";
import type { Subject } from "./subject.js";
import { part } from "./subjects.js";

type Shape = "flow" | "halves" | "crowd" | "batches" | "drains";

const CALLS: Readonly<Record<Shape, string>> = {
  flow: "",
  halves: "",
  crowd: "",
  batches: "receiveMany, ",
  drains: "drain, ",
};

/** What an item costs in a flow of this shape. */
export function flow(
  shape: Shape,
  capacity: number,
  subjects: readonly string[],
  goals: Column["goals"],
): Column {
  return {
    id: `${shape}-${capacity}`,
    title: `${CALLS[shape]}capacity ${capacity.toLocaleString("en")}`,
    unit: "ns",
    floor: "floor",
    subjects,
    goals,
    figure: async (subject) => nanoseconds((await part(subject, shape))(capacity)),
  };
}

/** What one of so many takes. */
export function memoryOf(
  id: keyof Pick<Subject, "queued" | "blocked">,
  title: string,
  count: number,
  subjects: readonly string[],
  goals: Column["goals"],
): Column {
  return {
    id,
    title,
    unit: "B",
    floor: "floor",
    subjects,
    goals,
    figure: async (subject) => bytesEach(count, await part(subject, id)),
  };
}
