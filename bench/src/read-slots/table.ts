import { nanoseconds } from "../run/clock.js";
import type { Column, Goal, Section, Table } from "../table.js";
import { part } from "./subjects.js";
import { type Ends, mapping, workingOn } from "./working.js";

const RIVALS = ["p-map", "Readable", "effect"];

const goalsAhead = (of: readonly string[]): readonly Goal[] => [
  { is: "times", of: "floor", atMost: 1.3 },
  { is: "ahead", of },
];

const titleOf = (slots: number, ends: Ends): string =>
  `${slots.toLocaleString("en")} ${slots === 1 ? "slot" : "slots"}, ${ends === "later" ? "tasks that wait" : "quick tasks"}`;

const idOf = (kind: string, slots: number, ends: Ends): string =>
  `${kind}-${slots}-${ends === "later" ? "waiting" : "quick"}`;

const SHAPES: readonly (readonly [slots: number, ends: Ends])[] = [
  [1, "at once"],
  [16, "at once"],
  [16, "later"],
  [1_024, "later"],
];

function forEach(slots: number, ends: Ends): Column {
  return {
    id: idOf("for-each", slots, ends),
    title: titleOf(slots, ends),
    unit: "ns",
    floor: "floor",
    subjects: ["floor", "floor, workers", "Sluice", ...RIVALS, "p-limit"],
    goals: goalsAhead(RIVALS),
    figure: async (subject) => nanoseconds(workingOn(await part(subject, "forEach"), slots, ends)),
  };
}

function map(kind: "ordered" | "unordered", slots: number, ends: Ends): Column {
  const rivals = kind === "ordered" ? [...RIVALS, "effect Stream"] : ["p-map", "effect Stream"];
  return {
    id: idOf(kind, slots, ends),
    title: titleOf(slots, ends),
    unit: "ns",
    floor: "floor",
    subjects: ["floor", "Sluice", ...rivals, ...(kind === "ordered" ? ["p-limit"] : [])],
    goals: goalsAhead(rivals),
    figure: async (subject) =>
      nanoseconds(mapping(await part(subject, kind), slots, ends, kind === "ordered")),
  };
}

const each: Section = {
  id: "for-each",
  title: "forEach, an item",
  about:
    "From a source whose `next()` is resolved already. A quick task is an async function that returns; one that waits ends in the next turn of the event loop. The floor is a hand-written loop with the same bound, and *floor, workers* as many loops as there are slots, which share the iterator. `Readable` is `Readable.from(source).forEach(task, { concurrency })`. `effect` (`Effect.forEach` with `discard`) and `p-limit` (with `Promise.all`) cannot read: they are given all items in an array.",
  columns: SHAPES.map(([slots, ends]) => forEach(slots, ends)),
};

// The floor gives out nothing before its window is full, or the source at its end. Sluice does not hold back a result
// while it reads on, so it does more.
const inOrder: Section = {
  id: "ordered",
  title: "map, in the order of the source, an item",
  about:
    "The results are read in a `for await`. The floor is an async generator with a window of promises. `p-map` is its `pMapIterable`, `Readable` its `map`; `effect` and `p-limit` give all results at once, when the last is there. `effect Stream` is its `mapEffect`, which reads as the others do.",
  columns: SHAPES.map(([slots, ends]) => map("ordered", slots, ends)),
};

const asTheyCome: Section = {
  id: "unordered",
  title: "map, each result as soon as it is there, an item",
  about: "As before, with `ordered: false`; `p-map` with `preserveOrder: false`.",
  columns: SHAPES.map(([slots, ends]) => map("unordered", slots, ends)),
};

export const readSlotsTable: Table = {
  id: "read-slots",
  title: "Read slots",
  sections: [each, inOrder, asTheyCome],
  packages: { "p-map": "p-map", effect: "effect", "p-limit": "p-limit" },
};
