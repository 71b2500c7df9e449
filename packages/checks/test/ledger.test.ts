import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Entry, judge, ledger, pageOf } from "../src/ledger.js";
import { add, found, manifest, said, tree } from "./tree.js";

const M1: Entry = {
  id: "M1",
  subject: "semaphore",
  kind: "must",
  says: "Held is at most the capacity.",
  checked: true,
  sinners: ["over-release", "a | in a name"],
};

const M2: Entry = {
  id: "M2",
  subject: "semaphore",
  kind: "unverified",
  says: "Nobody can know this.",
  checked: false,
  sinners: [],
  reason: "there is no instrument",
};

const laws = (entries: readonly Entry[]) =>
  tree({
    "packages/laws/package.json": manifest("laws").replace("index.ts", "index.mjs"),
    "packages/laws/src/index.mjs": `export const LEDGER = ${JSON.stringify(entries)};`,
  });

describe("ledger", () => {
  it("accepts laws with sinners, and unverified ones with a reason", () => {
    expect(judge([M1, M2])).toEqual([]);
  });

  it.each<[string, Partial<Entry>, string]>([
    ["a checked law without a sinner", { sinners: [] }, "law M1 convicts nobody"],
    ["a check that is called unverified", { kind: "unverified" }, "law M1 is checked, but called unverified"],
    ["two sentences", { says: "One. Two." }, "law M1 is not one sentence: One. Two."],
    ["half a sentence", { says: "no stop" }, "law M1 is not one sentence: no stop"],
    ["an odd id", { id: "m01" }, "law m01 has an odd id"],
  ])("convicts %s", (_sin, change, what) => {
    expect(said(judge([{ ...M1, ...change }]))).toContain(what);
  });

  it.each<[string, Partial<Entry>, string]>([
    [
      "a law without a check that is called must",
      { kind: "must" },
      "law M2 has no check, but is called must",
    ],
    ["a law without a check or a reason", { reason: " " }, "law M2 has no check and no reason"],
  ])("convicts %s", (_sin, change, what) => {
    expect(said(judge([M1, { ...M2, ...change }]))).toEqual([what]);
  });

  it("convicts an id that is given twice, and a gap", () => {
    expect(said(judge([M1, { ...M2, id: "M1" }]))).toEqual(["law M1 is given twice"]);
    expect(said(judge([M1, { ...M2, id: "M3" }]))).toEqual(["law M3 leaves a gap before it"]);
    expect(said(judge([{ ...M1, id: "C2" }]))).toEqual(["law C2 leaves a gap before it"]);
  });

  it("groups the page by subject, a row for each law", () => {
    const page = pageOf([M1, { ...M1, id: "C1", subject: "channel" }, M2]);
    expect(page.match(/^(##|\| [A-Z]\d).*$/gm)).toEqual([
      "## Semaphore",
      "| M1 | Held is at most the capacity. | must | over-release; a \\| in a name |",
      "| M2 | Nobody can know this. | unverified | there is no instrument |",
      "## Channel",
      "| C1 | Held is at most the capacity. | must | over-release; a \\| in a name |",
    ]);
  });

  it("convicts a page that differs from the ledger, until it is written", async () => {
    const root = laws([M1, M2]);
    expect(await found(ledger, root)).toEqual(["docs/laws.md differs from the ledger"]);
    expect(await found(ledger, root, true)).toEqual([]);
    expect(readFileSync(join(root, "docs/laws.md"), "utf8")).toBe(pageOf([M1, M2]));
    add(root, { "docs/laws.md": `${pageOf([M1, M2])}\nAnd one by hand.\n` });
    expect(await found(ledger, root)).toEqual(["docs/laws.md differs from the ledger"]);
  });

  it("refuses to judge an empty ledger", async () => {
    await expect(found(ledger, laws([]))).rejects.toThrow("no LEDGER, or an empty one");
  });
});
