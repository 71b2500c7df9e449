import { nanoseconds, type Work } from "../run/clock.js";
import { turns } from "../run/turns.js";
import type { Column, Goal, Section, Table } from "../table.js";
import { byob, bytes, iterable, objects, piped, response, short, web } from "./flows.js";
import type { Subject, Wrap } from "./subject.js";
import { part } from "./subjects.js";

interface Kind {
  readonly title: string;
  readonly floor: string;
  readonly others: readonly string[];
  readonly work: (subject: string) => Promise<Work>;
}

const kindOf = <Name extends keyof Subject>(
  name: Name,
  flow: (wrap: NonNullable<Subject[Name]>) => Work,
  about: Omit<Kind, "work">,
): Kind => ({ ...about, work: async (subject) => flow(await part(subject, name)) });

const NODE = { floor: "bare stream", others: ["Sluice", "node finished"] };
const WEB = { floor: "pull-through", others: ["Sluice", "TransformStream", "bare stream"] };
const BYTES = { floor: "pull-through", others: ["Sluice", "bare stream"] };
const ITERABLE = { floor: "bare stream", others: ["Sluice", "async generator"] };

const ofIterables = (flow: (wrap: Wrap<AsyncIterable<number>>) => Work) =>
  kindOf("iterable", flow, { title: "async iterable", ...ITERABLE });
const ofWebStreams = (flow: (wrap: Wrap<ReadableStream<object>>) => Work) =>
  kindOf("web", flow, { title: "web ReadableStream", ...WEB });

function column(id: string, { title, floor, others, work }: Kind, goals: readonly Goal[]): Column {
  const figure = async (subject: string) => nanoseconds(await work(subject));
  return { id, title, unit: "ns", floor, subjects: [floor, ...others], goals, figure };
}

function turnsOf(id: string, { title, floor, others, work }: Kind, goals: readonly Goal[]): Column {
  const figure = async (subject: string) => turns(await work(subject));
  return { id, title, unit: "turns", floor, subjects: [floor, ...others], goals, figure };
}

const within = (share: number, of: string): readonly Goal[] => [{ is: "times", of, atMost: 1 + share }];

const node: Section = {
  id: "node",
  title: "A Node Readable, a chunk",
  about:
    "From a source that always has one. Chunks of 64 KiB are piped into a sink that throws them away; objects are read in a `for await`. `node finished` is `stream.finished(stream, release)`.",
  columns: [
    column("piped", kindOf("node", piped, { title: "64 KiB, piped", ...NODE }), within(0.03, NODE.floor)),
    column("objects", kindOf("node", objects, { title: "objects", ...NODE }), within(0.03, NODE.floor)),
  ],
};

const webStreams: Section = {
  id: "web",
  title: "A web ReadableStream, a chunk",
  about:
    "From a source that always has one, with nothing read ahead. The floor is a stream whose `pull` reads the source, and that knows neither errors nor a source that ends by itself. Through a `TransformStream` a byte stream does not stay one. Chunks of bytes have 1 KiB.",
  columns: [
    column("web", ofWebStreams(web), within(0.1, WEB.floor)),
    column(
      "bytes",
      kindOf("bytes", bytes, { title: "byte stream, default reader", ...BYTES }),
      within(0.1, BYTES.floor),
    ),
    column(
      "byob",
      kindOf("bytes", byob, { title: "byte stream, BYOB reader", ...BYTES }),
      within(0.1, BYTES.floor),
    ),
  ],
};

const iterables: Section = {
  id: "iterable",
  title: "An async iterable, an item",
  about:
    "In a `for await`, from a hand-written `next()` whose promise is resolved already. `async generator` is a loop with a `yield` in a `try`, and the release in its `finally`.",
  columns: [column("iterable", ofIterables(iterable), [])],
};

const microtasks: Section = {
  id: "turns",
  title: "Turns of the microtasks, a chunk",
  about:
    "How many turns of the microtasks pass for a chunk more, counted by a microtask that queues itself again and again. No clock is asked: these figures are the same in every run on one version of Node.",
  columns: [
    turnsOf("iterable-turns", ofIterables(iterable), [{ is: "more", than: ITERABLE.floor, atMost: 1 }]),
    turnsOf("web-turns", ofWebStreams(web), []),
    turnsOf("bytes-turns", kindOf("bytes", bytes, { title: "byte stream, default reader", ...BYTES }), []),
    turnsOf("byob-turns", kindOf("bytes", byob, { title: "byte stream, BYOB reader", ...BYTES }), []),
  ],
};

const whole: Section = {
  id: "short",
  title: "A stream of one chunk",
  about: "From its making to its end: what is paid once a stream, and not once a chunk.",
  columns: [
    column("short-node", kindOf("node", short(objects), { title: "Node Readable", ...NODE }), []),
    column("short-web", ofWebStreams(short(web)), []),
    column("short-bytes", kindOf("bytes", short(bytes), { title: "byte stream", ...BYTES }), []),
    column(
      "short-response",
      kindOf("response", short(response), { title: "Response", floor: "bare stream", others: ["Sluice"] }),
      [],
    ),
    column("short-iterable", ofIterables(short(iterable)), []),
  ],
};

export const releaseTable: Table = {
  id: "release",
  title: "Release on end",
  sections: [node, webStreams, iterables, microtasks, whole],
  packages: {},
};
