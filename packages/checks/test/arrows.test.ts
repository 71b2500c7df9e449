import { describe, expect, it } from "vitest";
import { arrows } from "../src/arrows.js";
import { MAP } from "../src/map.js";
import { found, manifest, on, tree } from "./tree.js";

const judge = (files: Record<string, string>) => found(arrows, tree(files));

const LOW = {
  "packages/semaphore/package.json": manifest("semaphore", [".", "./node"]),
  "packages/semaphore/src/index.ts": 'export { a } from "./a.js";',
  "packages/semaphore/src/a.ts": "export const a = 1;",
};

const channel = (source: string, more: object = { dependencies: on("@sluice/semaphore") }) => ({
  ...LOW,
  "packages/channel/package.json": manifest("channel", ["."], more),
  "packages/channel/src/index.ts": source,
});

describe("arrows", () => {
  it("accepts an import from a lower layer by its public entry", async () => {
    expect(await judge(channel('import { a } from "@sluice/semaphore";'))).toEqual([]);
  });

  it("convicts an import from a higher layer, also of types", async () => {
    const files = {
      ...channel("export const b = 1;", {}),
      "packages/semaphore/package.json": manifest("semaphore", ["."], {
        dependencies: on("@sluice/channel"),
      }),
      "packages/semaphore/src/a.ts": 'export type A = import("@sluice/channel").B;',
    };
    expect(await judge(files)).toEqual([
      "packages/semaphore/src/a.ts:1 imports @sluice/channel, an arrow from layer 0 to layer 1",
    ]);
  });

  it("convicts an import from the same layer", async () => {
    const files = {
      ...channel("export const b = 1;", {}),
      "packages/read-slots/package.json": manifest("read-slots", ["."], {
        dependencies: on("@sluice/channel"),
      }),
      "packages/read-slots/src/index.ts": '\nimport type { b } from "@sluice/channel";',
    };
    expect(await judge(files)).toEqual([
      "packages/read-slots/src/index.ts:2 imports @sluice/channel, an arrow from layer 1 to layer 1",
    ]);
  });

  it.each(["@sluice/semaphore/src/a.js", "@sluice/nowhere", "@sluice/semaphore/deep"])(
    "convicts %s, which is past a public entry",
    async (name) => {
      const [first] = await judge(channel(`import { a } from "@sluice/semaphore"; await import("${name}");`));
      expect(first).toBe(`packages/channel/src/index.ts:1 imports ${name}, which is no public entry`);
    },
  );

  it("convicts a relative import that leaves its package, also in tests", async () => {
    const files = {
      ...LOW,
      "packages/channel/package.json": manifest("channel"),
      "packages/channel/test/a.test.ts": 'import { a } from "../../semaphore/src/a.js";',
    };
    expect(await judge(files)).toEqual([
      "packages/channel/test/a.test.ts:1 imports ../../semaphore/src/a.js, outside its package",
    ]);
  });

  it("convicts an import by an absolute path", async () => {
    expect(await judge({ ...LOW, "packages/semaphore/test/a.test.ts": 'import "/a.js";' })).toEqual([
      "packages/semaphore/test/a.test.ts:1 imports /a.js, outside its package",
    ]);
  });

  it("convicts source that imports what is not shipped", async () => {
    const files = { ...LOW, "packages/semaphore/src/a.ts": 'import "../test/twin.js";' };
    expect(await judge(files)).toEqual([
      "packages/semaphore/src/a.ts:1 imports ../test/twin.js, which is not shipped",
    ]);
  });

  it.each([
    'import "node:fs";',
    'import type { Stats } from "fs";',
    'export * from "node:stream/web";',
    'import fs = require("fs");',
    'type T = import("node:fs").Stats;',
    'const fs = await import("node:fs");',
    '/// <reference types="node:fs" />',
    'import { connect } from "cloudflare:sockets";',
  ])("convicts neutral source that needs a platform: %s", async (line) => {
    const [first] = await judge({ ...LOW, "packages/semaphore/src/a.ts": line });
    expect(first).toMatch(/^packages\/semaphore\/src\/a\.ts:1 imports \S+, which only Node has$/);
  });

  it("lets Node's modules into src/node, tests, benches and the command line tool", async () => {
    const files = {
      ...LOW,
      "packages/semaphore/src/node.ts": 'import "node:fs"; import "./node/cgroup.js";',
      "packages/semaphore/src/node/cgroup.ts": 'import "node:os";',
      "packages/semaphore/test/a.test.ts": 'import "node:fs";',
      "packages/cli/package.json": manifest("cli", []),
      "packages/cli/src/main.ts": 'import "node:fs";',
      "bench/package.json": manifest("bench", []),
      "bench/floor.ts": 'import "node:fs";',
    };
    expect(await judge(files)).toEqual([]);
  });

  it("convicts neutral source that reaches Node through another file", async () => {
    const files = {
      ...channel('import { a } from "@sluice/semaphore/node";'),
      "packages/semaphore/src/node.ts": "export const a = 1;",
      "packages/semaphore/src/a.ts": 'export { a } from "./node.js";',
    };
    expect(await judge(files)).toEqual([
      "packages/channel/src/index.ts:1 imports @sluice/semaphore/node, which needs Node",
      "packages/semaphore/src/a.ts:1 imports ./node.js, which needs Node",
    ]);
  });

  it("convicts an import that is computed", async () => {
    expect(await judge({ ...LOW, "packages/semaphore/src/a.ts": "await import(name);" })).toEqual([
      "packages/semaphore/src/a.ts:1 imports a name that is computed",
    ]);
  });

  it("convicts a third party in the low layers, unless the map names it", async () => {
    const files = {
      "packages/s3-aws-sdk/package.json": manifest("s3-aws-sdk", ["."], {
        dependencies: on("lodash"),
        peerDependencies: on("@aws-sdk/client-s3"),
      }),
      "packages/s3-aws-sdk/src/index.ts":
        'import "@aws-sdk/client-s3";\nimport type {} from "lodash/map.js";',
    };
    expect(await judge(files)).toEqual([
      "packages/s3-aws-sdk/src/index.ts:2 imports lodash/map.js, a third party",
    ]);
  });

  it("lets the laws know the port by its types, and nothing else of this repo", async () => {
    const files = {
      ...LOW,
      "packages/object-store/package.json": manifest("object-store"),
      "packages/object-store/src/index.ts": "",
      "packages/laws/package.json": manifest("laws", ["."], {
        dependencies: on("@sluice/object-store", "@sluice/semaphore"),
      }),
      "packages/laws/src/index.ts": [
        'import type { A } from "@sluice/object-store";',
        'import { type B } from "@sluice/object-store";',
        'import { c } from "@sluice/object-store";',
        'import type { D } from "@sluice/semaphore";',
      ].join("\n"),
    };
    expect(await judge(files)).toEqual([
      "packages/laws/src/index.ts:3 imports more than types from @sluice/object-store",
      "packages/laws/src/index.ts:4 imports @sluice/semaphore",
    ]);
  });

  it("convicts what is imported but not declared, and what is declared but not imported", async () => {
    const files = {
      ...LOW,
      "package.json": JSON.stringify({ devDependencies: on("vitest") }),
      "packages/s3-upload/package.json": manifest("s3-upload", ["."], {
        dependencies: on("left-pad", "used"),
        devDependencies: on("@sluice/semaphore", "idle", "@types/used"),
      }),
      "packages/s3-upload/src/index.ts": 'import "@sluice/semaphore";\nimport "used/deep";',
      "packages/s3-upload/test/a.test.ts": 'import "vitest";\nimport "left-pad";\nimport "absent";',
    };
    expect(await judge(files)).toEqual([
      "packages/s3-upload/src/index.ts:1 imports @sluice/semaphore, which package.json does not declare",
      "packages/s3-upload/test/a.test.ts:3 imports absent, which package.json does not declare",
      "packages/s3-upload/package.json declares left-pad, which nothing imports",
      "packages/s3-upload/package.json declares idle, which nothing imports",
    ]);
  });

  it("counts what only a runnable example imports as used", async () => {
    const files = {
      ...LOW,
      "packages/semaphore/package.json": manifest("semaphore", ["."], { devDependencies: on("shown") }),
      "packages/semaphore/README.md": '```ts run\nimport "shown";\n```\n',
    };
    expect(await judge(files)).toEqual([]);
  });

  it("convicts files that import each other in a circle, also through the public name", async () => {
    const files = {
      ...LOW,
      "packages/semaphore/src/index.ts": 'export { a } from "./a.js";',
      "packages/semaphore/src/a.ts": 'import type { B } from "./b.js";',
      "packages/semaphore/src/b.ts": 'import { a } from "@sluice/semaphore";',
    };
    expect(await judge(files)).toEqual([
      "packages/semaphore goes round in a circle: src/a.ts → src/b.ts → src/index.ts → src/a.ts",
    ]);
  });

  it("convicts packages that import each other in a circle", async () => {
    const files = {
      ...channel('import "@sluice/semaphore";'),
      "packages/semaphore/package.json": manifest("semaphore", ["."], {
        dependencies: on("@sluice/channel"),
      }),
      "packages/semaphore/src/a.ts": 'import "@sluice/channel";',
    };
    expect(await judge(files)).toContain("packages goes round in a circle: channel → semaphore → channel");
  });

  it("convicts a package without a place on the map", async () => {
    const files = { "packages/newcomer/package.json": manifest("newcomer") };
    expect(await judge(files)).toEqual(["packages/newcomer newcomer has no place on the map"]);
  });

  it("draws a map on which every named package is on a lower layer", () => {
    for (const { layer, only = [] } of Object.values(MAP)) {
      for (const name of only) expect(MAP[name]?.layer).toBeLessThan(layer);
    }
  });
});
