import { createServer, get } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Ending, type ReleaseOptions, releaseOnEnd } from "@sluice/release";
import { describe, expect, test, vi } from "vitest";
import { KINDS, type Kind, type Plan, type Reading } from "./kinds.js";

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

const turn = () => new Promise((resolve) => setImmediate(resolve));
const settled = async () => {
  for (let turns = 0; turns < 5; turns++) await turn();
};

/** What happened, in order. */
class Log {
  readonly events: string[] = [];
  readonly note = (event: string): void => void this.events.push(event);
  readonly release = () => this.note("released");

  open(kind: Kind, plan: Plan, options?: ReleaseOptions): Ending {
    return releaseOnEnd(kind.open(plan, this.note), this.release, options);
  }

  async reads(reading: Reading, most = Number.POSITIVE_INFINITY): Promise<void> {
    for (let n = 1; n <= most; n++) {
      const step = await reading.next().catch((error: Error) => ({ done: true, error }));
      if (step.done) return this.note("error" in step ? `heard: ${step.error.message}` : "the end");
      this.note(`chunk ${n}`);
    }
  }
}

interface Way {
  readonly says: string;
  /** What must have happened before the release. */
  readonly after: (kind: Kind) => string | undefined;
  readonly applies?: (kind: Kind) => boolean;
  play(kind: Kind, log: Log): Promise<unknown>;
  readonly said: string;
}

const left = (kind: Kind) => (kind.stops ? "the source was left" : "leaving");
// A generator runs on in a later turn.
const told = ({ stops, name }: Kind) => (stops && name !== "generator" ? "the source was left" : "chunk 1");
const isNode = ({ family }: Kind) => family === "node";
const isNoNode = ({ family }: Kind) => family !== "node";

const WAYS: readonly Way[] = [
  {
    says: "it is read to its end",
    said: "the last chunk",
    after: () => "chunk 2",
    play: (kind, log) => log.reads(kind.read(log.open(kind, { chunks: 2, ending: "end" }))),
  },
  {
    says: "its source fails",
    said: "the failure",
    after: () => "the source failed",
    play: (kind, log) => log.reads(kind.read(log.open(kind, { chunks: 1, ending: "fail" }))),
  },
  {
    says: "its source throws when it is asked",
    said: "the throw",
    after: () => "the source threw",
    play: (kind, log) => log.reads(kind.read(log.open(kind, { chunks: 1, ending: "throw" }))),
  },
  {
    says: "it is destroyed without an error",
    said: "`close`",
    applies: isNode,
    after: () => "the source was left",
    play: async (kind, log) => {
      const stream = log.open(kind, { chunks: 2, ending: "stall" });
      await log.reads(kind.read(stream), 1);
      kind.leave(stream, undefined);
    },
  },
  {
    says: "it is destroyed with an error",
    said: "`close`",
    applies: isNode,
    after: () => "the source was left",
    play: async (kind, log) => {
      const reading = kind.read(log.open(kind, { chunks: 2, ending: "stall" }));
      await log.reads(reading, 1);
      await reading.cancel(new Error("enough"));
    },
  },
  {
    says: "it is cancelled with a reason",
    said: "the source has been told, and has settled",
    applies: isNoNode,
    after: left,
    play: async (kind, log) => {
      const reading = kind.read(log.open(kind, { chunks: 2, ending: "stall" }));
      await log.reads(reading, 1);
      log.note("leaving");
      await reading.cancel("enough");
    },
  },
  {
    says: "a loop over it is left by `break`",
    said: "the source has been told, and has settled",
    applies: ({ iterate }) => iterate !== undefined,
    after: left,
    play: async (kind, log) => {
      for await (const _ of kind.iterate!(log.open(kind, { chunks: 2, ending: "stall" }))) {
        log.note("leaving");
        break;
      }
    },
  },
  {
    says: "the peer that sends it is gone too early",
    said: "the connection was lost",
    applies: ({ name }) => name === "Readable" || name === "Response",
    after: () => "the peer is gone",
    play: (kind, log) => truncated(kind, log),
  },
  {
    says: "it is never read, and left",
    said: "the source has been told, where it had begun",
    after: () => "leaving",
    play: async (kind, log) => {
      const stream = log.open(kind, { chunks: 2, ending: "stall" });
      log.note("leaving");
      await kind.leave(stream, new Error("it is not needed"));
    },
  },
  {
    says: "its `idleTimeout` is spent",
    said: "the source was told, and is not waited for",
    after: told,
    play: (kind, log) => outlives(kind, log, { idleTimeout: 100 }),
  },
  {
    says: "its `lifetime` is spent",
    said: "the source was told, and is not waited for",
    after: told,
    play: (kind, log) => outlives(kind, log, { lifetime: 100 }),
  },
  {
    says: "it is collected",
    said: "the garbage collector found it",
    after: () => undefined,
    play: async (kind, log) => {
      forget(kind, log);
      for (let n = 0; n < 100 && log.events.length < 2; n++) {
        gc();
        await turn();
      }
      expect(log.events).toContain("leaked");
    },
  },
];

function forget(kind: Kind, log: Log): void {
  const { note, release } = log;
  releaseOnEnd(
    kind.open({ chunks: 2, ending: "stall" }, () => undefined),
    release,
    { onLeak: () => note("leaked") },
  );
}

async function outlives(kind: Kind, log: Log, options: ReleaseOptions): Promise<void> {
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });
  try {
    // With more to come: a Readable of Node reads ahead by itself, and a chunk that waits is what nobody asks for.
    const reading = kind.read(log.open(kind, { chunks: 3, ending: "stall" }, options));
    await log.reads(reading, 1);
    await settled();
    vi.advanceTimersByTime(99);
    expect(log.events).not.toContain("released");
    vi.advanceTimersByTime(26);
    expect(log.events).toContain("released");
    await log.reads(reading, 1);
    expect(log.events.at(-1)).toMatch(/^heard: .* 100 ms$/);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
}

async function truncated(kind: Kind, log: Log): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-length": 10 }).write("hello");
    server.once("cut", () => {
      log.note("the peer is gone");
      response.socket?.resetAndDestroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}/`;
  const stream: Ending =
    kind.name === "Response"
      ? await fetch(url)
      : await new Promise((resolve) => get(url, resolve).on("error", () => undefined));
  const reading = kind.read(releaseOnEnd(stream, log.release));
  await log.reads(reading, 1);
  expect(log.events).toEqual(["chunk 1"]);
  server.emit("cut");
  await log.reads(reading);
  expect(log.events.at(-1)).toMatch(/^heard: /);
  await new Promise((resolve) => server.close(resolve));
}

const rows: string[] = [];

describe.each(WAYS)("when $says", ({ says, said, applies = () => true, after, play }) => {
  const kinds = KINDS.filter(applies);
  rows.push(`| ${says} | ${said} | ${KINDS.map((kind) => (kinds.includes(kind) ? "✓" : "–")).join(" | ")} |`);

  test.each(kinds)("$name is released once, and not before", async (kind) => {
    const log = new Log();
    await play(kind, log);
    await settled();
    expect(log.events.filter((event) => event === "released")).toEqual(["released"]);
    const before = after(kind);
    if (before === undefined) return;
    expect(log.events).toContain(before);
    expect(log.events.indexOf("released")).toBeGreaterThan(log.events.indexOf(before));
    expect(log.events.slice(log.events.indexOf("released")).join()).not.toContain("chunk");
  });
});

test("the page of endings shows what is tested", async () => {
  const page = [
    "# Every way to end",
    "",
    "<!-- Written by packages/release/test/endings.test.ts: vitest -u. -->",
    "",
    "What `releaseOnEnd` does when a stream ends in this way: it releases once, and not before what the second column",
    "says. Each ✓ is a test; – is a way in which that kind cannot end.",
    "",
    `| when | released once, after | ${KINDS.map(({ name }) => name).join(" | ")} |`,
    `|-|-|${KINDS.map(() => "-").join("|")}|`,
    ...rows,
    "",
  ].join("\n");
  await expect(page).toMatchFileSnapshot("../../../docs/endings.md");
});
