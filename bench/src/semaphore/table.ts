import { nanoseconds } from "../run/clock.js";
import type { Column, Goal, Section, Table } from "../table.js";
import { coming, joining } from "./joining.js";
import { leaving } from "./leaving.js";
import { bytesParked } from "./parked.js";
import { part } from "./subjects.js";

const PLAIN = [
  "floor",
  "floor, ring",
  "Sluice",
  "es-toolkit",
  "async-sema",
  "async-mutex",
  "radashi",
  "effect",
];
const TASKS = ["p-limit", "p-queue"];
const ALL = [...PLAIN, ...TASKS];
const WEIGHTED = ["async-mutex", "radashi", "effect"];

const LONG_LINES: readonly Goal[] = [
  { is: "times", of: "floor", atMost: 1.15 },
  { is: "ahead", of: ["es-toolkit"] },
];

const uncontended: Section = {
  id: "alone",
  title: "Nobody else there",
  about:
    "One after the other, in one loop. `p-limit`, `p-queue`, `fastq` and `cockatiel` have no permits and run a task that does nothing. `effect` runs within one fiber. The bare promise is `await Promise.resolve(new Permit())`: V8 looks for a `then` on the object, which the floors and those who give a number or `undefined` are spared.",
  columns: [
    {
      id: "pairs",
      title: "tryAcquire and release",
      unit: "ns",
      floor: "floor",
      subjects: ["floor", "floor, ring", "Sluice", "async-sema"],
      goals: [{ is: "times", of: "floor", atMost: 1.8 }],
      figure: async (subject) => nanoseconds(await part(subject, "pairs")),
    },
    {
      id: "turns",
      title: "await acquire, and release",
      unit: "ns",
      floor: "bare promise",
      subjects: ["bare promise", ...ALL],
      goals: [
        { is: "times", of: "bare promise", atMost: 1.15 },
        { is: "ahead", of: WEIGHTED },
      ],
      figure: async (subject) => nanoseconds(await part(subject, "turns")),
    },
    {
      id: "runs",
      title: "await use(task)",
      unit: "ns",
      floor: "floor",
      subjects: ["floor", "Sluice", "async-mutex", "effect", "cockatiel", "fastq", ...TASKS],
      goals: [{ is: "ahead", of: ["cockatiel", "fastq", ...TASKS] }],
      figure: async (subject) => nanoseconds(await part(subject, "runs")),
    },
  ],
};

const lines: Section = {
  id: "lines",
  title: "In line",
  about:
    "One holds the permit, so many async functions wait for it, and each takes its turn and gives the permit to the next: from the first who comes to the last who has gone, for each of them. What is more than that between two columns is what a line costs that is longer.",
  columns: ([10, 1_000, 100_000, 1_000_000] as const).map((length) => ({
    id: `line-${length}`,
    title: `${length.toLocaleString("en")} waiters`,
    unit: "ns" as const,
    floor: "floor",
    subjects: ALL,
    goals: length < 100_000 ? [] : LONG_LINES,
    growsFrom: length === 1_000_000 ? "line-100000" : undefined,
    figure: async (subject: string) => nanoseconds((await part(subject, "line"))(length), length),
  })),
};

const memory: Section = {
  id: "memory",
  title: "Memory of a waiter",
  about:
    "The heap that 20,000 waiters take, their promises included, for each of them. An abortable one waits on a signal that all share.",
  columns: [bytes("plain", ALL, 200), bytes("abortable", ["floor", "Sluice", "radashi", "p-queue"], 320)],
};

const signals: Section = {
  id: "signals",
  title: "Signals and time-outs",
  about:
    "Leaving: 100 of the waiters leave the line by a signal of their own, until all have heard of it, above what `abort()` on signals without a listener takes. One more: to wait on a signal that 50,000 wait on already. With a time-out: to come into a line, 2,000 of them, each with a signal of its own and for a minute at most; the ratio is to waits without a time-out.",
  columns: [leavers(1_000), leavers(100_000), crowded(50_000), timed(2_000)],
};

const weights: Section = {
  id: "weights",
  title: "Weights",
  about: "64 KiB of 1 GiB are taken and given back, and nothing else is held.",
  columns: [
    {
      id: "heavy",
      title: "acquire and release",
      unit: "ns",
      floor: "floor",
      subjects: ["floor", "Sluice", ...WEIGHTED],
      goals: [{ is: "at most", atMost: 1_000 }],
      figure: async (subject) => nanoseconds(await part(subject, "heavy")),
    },
  ],
};

export const semaphoreTable: Table = {
  id: "semaphore",
  title: "Semaphore",
  sections: [uncontended, lines, memory, signals, weights],
  packages: Object.fromEntries(
    ["es-toolkit", "async-sema", "async-mutex", "radashi", "effect", ...TASKS, "fastq", "cockatiel"].map(
      (name) => [name, name],
    ),
  ),
};

function bytes(id: "plain" | "abortable", subjects: readonly string[], atMost: number): Column {
  return {
    id,
    title: id,
    unit: "B",
    floor: "floor",
    subjects,
    goals: [{ is: "at most", atMost }],
    figure: async (subject) => bytesParked(await part(subject, "full"), 20_000, id === "abortable"),
  };
}

function leavers(length: number): Column {
  return {
    id: `leaving-${length}`,
    title: `leaving a line of ${length.toLocaleString("en")}`,
    unit: "ns",
    floor: "floor",
    subjects: ["floor", "Sluice", "radashi", "p-queue"],
    goals: [{ is: "at most", atMost: 4_000 }],
    figure: async (subject) => leaving(await part(subject, "full"), length),
  };
}

function crowded(others: number): Column {
  return {
    id: "joining",
    title: `one more on a signal with ${others.toLocaleString("en")}`,
    unit: "ns",
    floor: "floor",
    subjects: ["floor", "Sluice", "radashi", "p-queue"],
    goals: [{ is: "at most", atMost: 3_000 }],
    figure: async (subject) => joining(await part(subject, "full"), others),
  };
}

function timed(count: number): Column {
  return {
    id: "timed",
    title: "with a time-out",
    unit: "ns",
    floor: "Sluice",
    subjects: ["Sluice", "Sluice, timeout", "Sluice, AbortSignal.any"],
    goals: [],
    figure: async (subject) => coming(await part(subject, "full"), count),
  };
}
