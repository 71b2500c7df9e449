import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shape } from "../src/shape.js";
import { testSins } from "../src/test-sins.js";
import { found, manifest, tree } from "./tree.js";

const WHOLE = {
  "packages/release/package.json": manifest("release"),
  "packages/release/README.md": "# x\n",
  "packages/release/src/index.ts": 'export { a } from "./a.js";\n',
  "packages/release/test/a.test.ts": 'it("runs", () => {});\n',
};

const judge = (files: Record<string, string>) => {
  const root = tree({ ...WHOLE, ...files });
  execFileSync("git", ["init", "--quiet"], { cwd: root });
  return found(shape, root);
};

const path = (...names: string[]) => ["", ...names].join("/");

describe("shape", () => {
  it("accepts a package that has every part", async () => {
    expect(await judge({})).toEqual([]);
  });

  it("convicts a package that lacks parts", async () => {
    expect(await judge({ "packages/channel/package.json": manifest("channel") })).toEqual([
      "packages/channel has no README.md",
      "packages/channel has no src",
      "packages/channel has no test",
    ]);
  });

  it("convicts a source file of more than 220 lines", async () => {
    expect(await judge({ "packages/release/src/a.ts": "a();\n".repeat(220) })).toEqual([]);
    expect(await judge({ "packages/release/src/a.ts": "a();\n".repeat(221) })).toEqual([
      "packages/release/src/a.ts has 221 lines",
    ]);
  });

  it("convicts folders by kind, at any depth, of any package", async () => {
    const files = {
      "packages/release/src/web/utils/a.ts": "",
      "docs/package.json": '{"name":"docs"}',
      "docs/lib/a.ts": "",
    };
    expect(await judge(files)).toEqual([
      "docs/lib is a folder by kind",
      "packages/release/src/web/utils is a folder by kind",
    ]);
  });

  it.each(['export * from "./a.js";', 'export * as all from "./a.js";'])(
    "convicts an index with %s",
    async (line) => {
      expect(await judge({ "packages/release/src/index.ts": `\n${line}` })).toEqual([
        "packages/release/src/index.ts:2 has an export *",
      ]);
    },
  );

  it("convicts the paths of one machine, in all files but ignored ones", async () => {
    const files = {
      "docs/a.md": `see\n${path("work", "main", "x")}`,
      "docs/b.md": `${path("tmp", "x")} ${path("home", "jane")}`,
      "docs/c.md": `https://example.org${path("root", "x")} a${path("work", "x")} ${path("tmp")} \${home}${path("work", "")}`,
      ".gitignore": "out\n",
      "out/a.txt": path("root", "x"),
      ".ci/run": `cd ${path("root", "x")}`,
    };
    expect(await judge(files)).toEqual([
      `.ci/run:1 names ${path("root", "x")}, a path of one machine`,
      `docs/a.md:2 names ${path("work", "main", "x")}, a path of one machine`,
      `docs/b.md:1 names ${path("tmp", "x")}, a path of one machine`,
    ]);
  });

  it("convicts the sins of tests where they stand", async () => {
    expect(await judge({ "packages/release/test/a.test.ts": '\nit.only("runs", () => {});' })).toEqual([
      "packages/release/test/a.test.ts:2 uses .only",
    ]);
  });
});

describe("test sins", () => {
  it.each([
    ['it.skip("a", () => {});', "uses .skip"],
    ['describe.concurrent.only("a", () => {});', "uses .only"],
    ['test.todo("a");', "uses .todo"],
    ['it.each([1]).skip("a", () => {});', "uses .skip"],
    ['it.skipIf(windows)("a", () => {});', "uses .skipIf"],
    ['it("a", { skip: true }, () => {});', "uses skip"],
    ["setTimeout(resolve, 10);", "waits for a clock"],
    ["await new Promise((r) => globalThis.setTimeout(r, 1));", "waits for a clock"],
    ["await sleep(10);", "waits for a clock"],
    ['import { setTimeout as wait } from "node:timers/promises";', "waits for a clock"],
    ["setTimeout(stop, 1); // real time:", "waits for a clock"],
  ])("convicts %s", (line, what) => {
    expect(testSins("a.test.ts", `\n${line}`)).toMatchObject([{ line: 2, what }]);
  });

  it.each([
    "setTimeout(stop, 1); // real time: the server's own time-out is under test",
    'const text = "it.only(";',
    "// it.skip",
    "source.skip(3);",
    "const { only } = place;",
    "vi.useFakeTimers({ toFake: ['setTimeout'] });",
  ])("accepts %s", (line) => {
    expect(testSins("a.test.ts", line)).toEqual([]);
  });
});
