import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docs } from "../src/docs.js";
import { checkExamples } from "../src/fences/check.js";
import { fell, found, manifest, plant, said, tree } from "./tree.js";

const SEMAPHORE = {
  "packages/semaphore/package.json": manifest("semaphore"),
  "packages/semaphore/src/index.ts": [
    "export const held = (): number => 3;",
    'export const refuse = async (): Promise<never> => { throw Object.assign(new Error("no"), { code: "ERR_NO" }); };',
  ].join("\n"),
};

const README = ["# x", "## What", "## Smallest example", "## Promises", "## Costs", "## Not for", ""].join(
  "\n",
);

const fence = (...lines: string[]) => ["```ts run", ...lines, "```", ""].join("\n");

const HELD = 'import { held } from "@sluice/semaphore";';

const PAGES = {
  "right.md": [
    "A guide.",
    fence(
      'import { held, refuse } from "@sluice/semaphore";',
      "held() // => 3",
      "const twice = held() * 2; // => 6",
      "[twice, { a: new Uint8Array(2) }]; // => [6, { a: new Uint8Array([0, 0]) }]",
      "refuse(); // => throws ERR_NO",
      "(undefined as unknown as { a: 1 }).a // => throws TypeError",
      "await Promise.resolve({",
      "  n: twice,",
      "}); // => { n: 6 }",
    ),
    "```ts\nthis is not run\n```",
  ].join("\n"),
  "value.md": `A guide.\n\n${fence(HELD, "held(); // => 4")}`,
  "several.md": fence('throw new Error("first");') + fence("1 // => 1") + fence("1 + 1 // => 3"),
  "throws.md":
    fence("1 // => throws ERR_NO") + fence("(undefined as unknown as { a: 1 }).a // => throws ERR_NO"),
  "types.md": fence(HELD, "", "const text: string = held();", "text // => 3"),
  "nothing.md": fence("// => 3", "if (Math.random() < 2) {", "} // => 4", "1 // => one of", "1 // =>"),
  "ending.md":
    fence("await new Promise(() => {});") +
    fence('import process from "node:process";', "process.exit(0);") +
    fence('void Promise.reject(new Error("forgotten"));'),
  "endless.md": fence("for (;;);"),
  "fences.md": "```js run\n```\n\n```ts run\n1 // => 2\n",
};

const LIMIT = 10_000;

// One run for all pages: most of its time goes into the compiler, which reads its libraries once.
describe("examples", () => {
  let root: string;
  let ran: number;
  let all: string[];

  beforeAll(async () => {
    const pages = Object.entries(PAGES).map(([name, text]) => [`docs/${name}`, text] as const);
    const base = { target: "ES2022", module: "ESNext", moduleResolution: "bundler", strict: true };
    const tsconfig = JSON.stringify({ compilerOptions: { ...base, customConditions: ["@sluice/source"] } });
    root = plant({ ...SEMAPHORE, "tsconfig.base.json": tsconfig, ...Object.fromEntries(pages) });
    const paths = pages.map(([path]) => path);
    const result = await checkExamples(root, paths, LIMIT);
    ran = result.ran;
    all = said(result.findings);
  }, 180_000);

  afterAll(() => fell(root));

  const about = (page: keyof typeof PAGES) =>
    all.filter((line) => line.startsWith(`docs/${page}:`)).map((line) => line.slice(`docs/${page}:`.length));

  it("run where they are marked, against the source of this repo", () => {
    expect(about("right.md")).toEqual([]);
    expect(ran).toBe(13);
  });

  it("are convicted of a value that is not what the page says, at its line", () => {
    expect(about("value.md")).toEqual(["5 the page says 4, but it is 3"]);
  });

  it("run also behind one that fails", () => {
    expect(about("several.md")).toEqual(["2 first", "8 the page says 3, but it is 2"]);
  });

  it("are convicted of not throwing, and of throwing something else", () => {
    expect(about("throws.md")).toEqual([
      "2 the page says that it throws ERR_NO, but it gave 1",
      expect.stringContaining("5 the page says that it throws ERR_NO, but it threw TypeError"),
    ]);
  });

  it("are convicted of a type error", () => {
    expect(about("types.md")).toEqual(["4 Type 'number' is not assignable to type 'string'."]);
  });

  it("are convicted of an assertion that asserts nothing", () => {
    expect(about("nothing.md")).toEqual([
      "5 `one of` is not a value",
      "6 `` is not a value",
      "2 `// =>` stands behind no expression, so nothing is asserted",
      "4 `// =>` stands behind no expression, so nothing is asserted",
    ]);
  });

  it("are convicted of never ending, of leaving early, and of a rejection that nobody handles", () => {
    expect(about("endless.md")).toEqual([`2 did not finish in ${LIMIT / 1000} s`]);
    expect(about("ending.md")).toEqual([
      "2 waits for something that never happens",
      "5 ended the process with code 0",
      "9 forgotten",
    ]);
  });

  it("are convicted of a mark that nobody heeds, and of an open fence", () => {
    expect(about("fences.md")).toEqual([
      "1 nobody runs a fence marked js run",
      "4 the fence is never closed",
    ]);
  });

  it("leave nothing behind", () => {
    expect(existsSync(join(root, "packages/checks/.fences"))).toBe(false);
  });
});

describe("pages", () => {
  it("accepts links to what is there", async () => {
    const root = tree({
      ...SEMAPHORE,
      "README.md": "[a](docs/a.md#part) [b](https://example.org/x) [c](#here) [d](mailto:a@b.c) [e](docs/)",
      "docs/a.md": "[up](../README.md) [root](/README.md)",
      "packages/semaphore/README.md": README,
    });
    expect(await found(docs, root)).toEqual([]);
  });

  it("convicts links to what is not there", async () => {
    const root = tree({ ...SEMAPHORE, "docs/a.md": "\n[gone](gone.md#part)" });
    expect(await found(docs, root)).toEqual(["docs/a.md:2 links to gone.md#part, which does not exist"]);
  });

  it("convicts other headings, and too many lines", async () => {
    const root = tree({
      ...SEMAPHORE,
      "README.md": "line\n".repeat(80),
      "packages/semaphore/README.md": README.replace("## Costs\n", "") + "line\n".repeat(116),
    });
    expect(await found(docs, root)).toEqual([
      "packages/semaphore/README.md has the headings What · Smallest example · Promises · Not for",
      "packages/semaphore/README.md has 121 lines",
      "README.md has 80 lines",
    ]);
  });
});
