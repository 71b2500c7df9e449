import { nanoseconds } from "../run/clock.js";
import type { Section, Table } from "../table.js";
import { flow, memoryOf } from "./columns.js";
import { fairness } from "./fairness.js";
import { part } from "./subjects.js";

const RIVALS = [
  "queueable",
  "@thi.ng/csp",
  "node PassThrough",
  "web ReadableStream",
  "web TransformStream",
  "effect",
  "repeater",
];
const EVERYBODY = ["floor", "Sluice", ...RIVALS, "node:stream/iter"];

const oneByOne: Section = {
  id: "one-by-one",
  title: "One by one",
  about:
    "One sender awaits each send, and one receiver is in a `for await`. `queueable` has no capacity, and with `@thi.ng/csp` a write settles when its item has been read: their senders wait for the receipt of the item that they sent as many before as the capacity says. The web's `ReadableStream` has no sender, but a `pull`. `node:stream/iter` knows bytes only, and at least 16 KiB of them: so many chunks fill it.",
  columns: [1, 16, 1_024].map((capacity) =>
    flow("flow", capacity, EVERYBODY, [
      { is: "times", of: "floor", atMost: 1.15 },
      { is: "ahead", of: RIVALS },
    ]),
  ),
};

const waking: Section = {
  id: "low-water",
  title: "Woken at the low-water mark",
  about: "The same, where senders that wait are woken when half of the buffer is empty.",
  columns: [
    flow("halves", 16, ["floor", "Sluice"], [{ is: "at most", atMost: 115 }]),
    flow("halves", 1_024, ["floor", "Sluice"], [{ is: "at most", atMost: 90 }]),
  ],
};

const batches: Section = {
  id: "batches",
  title: "Batches, and no waiting",
  about:
    "Batches: the sender waits only where there is no room, and the receiver takes what is there (`receiveMany`), or waits for one item and takes what else is there (`drain`). `effect` offers one by one and takes all. The last column sends and receives one item at a time without a promise.",
  columns: [
    flow("batches", 16, ["floor", "Sluice", "effect"], []),
    flow("batches", 1_024, ["floor", "Sluice", "effect"], [{ is: "at most", atMost: 45 }]),
    flow("drains", 16, ["floor", "Sluice"], []),
    flow("drains", 1_024, ["floor", "Sluice"], [{ is: "at most", atMost: 25 }]),
    {
      id: "pairs",
      title: "trySend and tryReceive",
      unit: "ns",
      floor: "floor",
      subjects: ["floor", "Sluice", "@thi.ng/csp", "node PassThrough"],
      goals: [{ is: "at most", atMost: 8 }],
      figure: async (subject) => nanoseconds(await part(subject, "pairs")),
    },
  ],
};

const many: Section = {
  id: "many",
  title: "Four senders, four receivers",
  about: "Each as in the first table, with one channel between them.",
  columns: [
    flow(
      "crowd",
      16,
      ["floor", "Sluice", "queueable", "@thi.ng/csp", "effect"],
      [
        { is: "times", of: "floor", atMost: 1.15 },
        { is: "ahead", of: ["queueable", "@thi.ng/csp", "effect"] },
      ],
    ),
  ],
};

const bytes: Section = {
  id: "bytes",
  title: "By bytes",
  about:
    "Chunks of 1 KiB through a buffer of 1 MiB. *Sluice* counts 1,024 chunks, and the ratios are to that; the others weigh them. A Node stream of bytes hands over what it has as one chunk.",
  columns: [
    {
      id: "chunks",
      title: "a chunk",
      unit: "ns",
      floor: "Sluice",
      subjects: [
        "Sluice",
        "Sluice, weighed",
        "node PassThrough",
        "web ReadableStream",
        "web TransformStream",
        "node:stream/iter",
      ],
      goals: [{ is: "times", of: "Sluice", atMost: 1.3 }],
      figure: async (subject) => nanoseconds(await part(subject, "chunks")),
    },
  ],
};

// A TransformStream has two queues; what waits in the first is not in the second yet.
const QUEUES = [
  "floor",
  "Sluice",
  "Sluice, weighed",
  ...RIVALS.filter((rival) => rival !== "web TransformStream"),
];

const memory: Section = {
  id: "memory",
  title: "Memory",
  about:
    "The heap that 100,000 small integers take that were sent and not received, for each of them; and that of each of 1,000 senders who wait at a full channel, their promises included. With `queueable`, every push waits.",
  columns: [
    memoryOf("queued", "a queued item", 100_000, QUEUES, [
      { is: "at most", atMost: 12, only: "Sluice" },
      { is: "at most", atMost: 20, only: "Sluice, weighed" },
    ]),
    memoryOf(
      "blocked",
      "a blocked sender",
      1_000,
      ["floor", "Sluice", "queueable", "@thi.ng/csp", "effect"],
      [{ is: "at most", atMost: 340 }],
    ),
  ],
};

const FAIR = [
  "floor",
  "Sluice",
  "queueable",
  "@thi.ng/csp",
  "node PassThrough",
  "web ReadableStream",
  "effect",
];

const fair: Section = {
  id: "fairness",
  title: "Fairness to the rest of the program",
  about:
    "A million items flow as in the first table, at a capacity of 1,024, and a timer of 5 ms is set again and again: how late the latest of them was, and what an item took meanwhile.",
  columns: [
    {
      id: "late",
      title: "the latest timer",
      unit: "ms",
      floor: "floor",
      subjects: FAIR,
      goals: [{ is: "at most", atMost: 2 }],
      figure: async (subject) => (await fairness((await part(subject, "flow"))(1_024))).latestMs,
    },
    {
      id: "meanwhile",
      title: "an item meanwhile",
      unit: "ns",
      floor: "floor",
      subjects: FAIR,
      goals: [],
      figure: async (subject) => (await fairness((await part(subject, "flow"))(1_024))).nanosecondsEach,
    },
  ],
};

export const channelTable: Table = {
  id: "channel",
  title: "Channel",
  sections: [oneByOne, waking, batches, many, bytes, memory, fair],
  packages: {
    queueable: "queueable",
    "@thi.ng/csp": "@thi.ng/csp",
    repeater: "@repeaterjs/repeater",
    effect: "effect",
  },
};
