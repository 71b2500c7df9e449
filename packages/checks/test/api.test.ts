import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { api } from "../src/api.js";
import { reportOf } from "../src/api-report.js";
import { add, found, manifest, tree } from "./tree.js";

const report = (files: Record<string, string>) => reportOf(join(tree(files), "index.d.ts"));

const INDEX = `
import { Budget, WaitOptions as W } from "@sluice/semaphore";
import { Hidden } from "./chunk-a1b2.js";
export { S as Shared } from "./chunk-a1b2.js";
/** Docs. */
declare class Zebra<T> extends Budget {
  #secret;
  private readonly hush: string;
  /** @internal */ wired: Secret;
  /** Stays. */
  readonly stripes: number;
  constructor(options?: W);
  protected grow(by: number): Hidden;
  get size(): number;
}
/** @internal */ declare class Secret {}
declare function ask(question: string): string;
declare function ask(question: number): number;
declare const LIMIT: 4;
type Ant = {
  readonly legs: 6;
  /** @internal */ nerves: Secret;
};
export { Ant, Zebra as Horse, LIMIT, Secret, ask, Budget as Purse };
`;

const CHUNK = `
interface Hidden { deeper: Deeper }
type Deeper = "a" | "b";
interface Shared { x: 1 }
export { Hidden, Shared as S };
`;

describe("api", () => {
  it("prints what is exported, in alphabetical order, with what it refers to", () => {
    expect(
      report({ "index.d.ts": INDEX, "chunk-a1b2.d.ts": CHUNK }),
    ).toBe(`import { Budget } from "@sluice/semaphore";
import { WaitOptions as W } from "@sluice/semaphore";

export type Ant = {
    readonly legs: 6;
};

export class Horse<T> extends Budget {
    readonly stripes: number;
    constructor(options?: W);
    protected grow(by: number): Hidden;
    get size(): number;
}

export const LIMIT: 4;

export { Budget as Purse } from "@sluice/semaphore";

export interface Shared {
    x: 1;
}

export function ask(question: string): string;
export function ask(question: number): number;

// Not exported, but part of what is:

type Deeper = "a" | "b";

interface Hidden {
    deeper: Deeper;
}
`);
  });

  it("does not change when comments, private members, order or chunk names do", () => {
    const other = INDEX.replaceAll("a1b2", "c3d4")
      .replace("Docs.", "Other docs.")
      .replace("#secret;", "#another;")
      .replace("private readonly hush: string;", "")
      .replace("Ant, Zebra as Horse,", "Zebra as Horse, Ant,");
    expect(report({ "index.d.ts": other, "chunk-c3d4.d.ts": CHUNK })).toBe(
      report({ "index.d.ts": INDEX, "chunk-a1b2.d.ts": CHUNK }),
    );
  });

  it("follows a re-export through a chunk to the package that it comes from", () => {
    const files = {
      "index.d.ts": 'export { p as Permit } from "./chunk.js";',
      "chunk.d.ts": 'import { Permit } from "@sluice/semaphore"; export { Permit as p };',
    };
    expect(report(files)).toBe('export { Permit } from "@sluice/semaphore";\n');
  });

  const built = () =>
    tree({
      "packages/release/package.json": manifest("release", [".", "./node"]),
      "packages/release/src/index.ts": "",
      "packages/release/dist/index.d.ts": "export declare const a: 1;",
      "packages/release/dist/node.d.ts": "export declare const b: 1;",
    });

  it("convicts a report that is missing or differs, until it is written", async () => {
    const root = built();
    expect(await found(api, root)).toEqual([
      "packages/release/api/release.api.md is missing",
      "packages/release/api/release.node.api.md is missing",
    ]);
    expect(await found(api, root, true)).toEqual([]);
    expect(await found(api, root)).toEqual([]);
    expect(readFileSync(join(root, "packages/release/api/release.node.api.md"), "utf8")).toContain(
      "# @sluice/release/node\n",
    );
    add(root, { "packages/release/dist/index.d.ts": "export declare const a: 2;" });
    expect(await found(api, root)).toEqual([
      'packages/release/api/release.api.md differs: line 6 is "export const a: 1;", and would be "export const a: 2;"',
    ]);
  });

  it("convicts a report of an entry that is gone, and a build that is", async () => {
    const root = built();
    await found(api, root, true);
    add(root, { "packages/release/api/release.old.api.md": "" });
    expect(await found(api, root)).toEqual(["packages/release/api/release.old.api.md stands for no entry"]);
    add(root, { "packages/channel/package.json": manifest("channel") });
    expect(await found(api, root)).toContain("packages/channel/dist/index.d.ts is missing");
  });
});
