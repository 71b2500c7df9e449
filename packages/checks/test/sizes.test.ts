import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sizes } from "../src/sizes.js";
import { add, found, manifest, on, tree } from "./tree.js";

// Digits that gzip cannot make smaller than about half.
const noise = (length: number) =>
  Array.from({ length }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 1e9).toString(36)).join("");

const SIZE = "Size: 0 bytes gzipped, minified, without dependencies.";

const built = (script: string, readme = `# x\n\n${SIZE}\n`) =>
  tree({
    "packages/read-slots/package.json": manifest("read-slots"),
    "packages/read-slots/src/index.ts": "",
    "packages/read-slots/dist/index.js": script,
    "packages/read-slots/README.md": readme,
  });

const stated = (root: string, name: string) =>
  /^Size: .*$/m.exec(readFileSync(join(root, `packages/${name}/README.md`), "utf8"))![0];

describe("sizes", () => {
  it("convicts a README that says another size, until it is written", async () => {
    const root = built("export const ReadSlots = 1;");
    expect(await found(sizes, root)).toEqual([`packages/read-slots/README.md says "${SIZE}"`]);
    expect(await found(sizes, root, true)).toEqual([]);
    expect(await found(sizes, root)).toEqual([]);
    expect(stated(root, "read-slots")).toMatch(
      /^Size: [1-9]\d bytes gzipped, minified, without dependencies\.$/,
    );
  });

  it("lets the page be two in a hundred off, and no more", async () => {
    const root = built(`export const ReadSlots = "${noise(300)}";`);
    await found(sizes, root, true);
    const page = readFileSync(join(root, "packages/read-slots/README.md"), "utf8");
    const off = (share: number) => ({
      "packages/read-slots/README.md": page.replace(/\d+/, (n) => String(Math.round(Number(n) * share))),
    });
    add(root, off(1.015));
    expect(await found(sizes, root)).toEqual([]);
    add(root, off(1.03));
    expect(await found(sizes, root)).toHaveLength(1);
    add(root, off(0.97));
    expect(await found(sizes, root)).toHaveLength(1);
  });

  it("convicts a README that does not state a size", async () => {
    expect(await found(sizes, built("export const ReadSlots = 1;", "# x\n"), true)).toEqual([
      "packages/read-slots/README.md does not state its size",
    ]);
  });

  it("convicts a primitive above its limit", async () => {
    const root = built(`export const ReadSlots = "${noise(1_100)}";`);
    expect(await found(sizes, root, true)).toEqual([
      expect.stringMatching(/^packages\/read-slots is \d{4} bytes gzipped, without its dependencies$/),
    ]);
  });

  it("counts a package with its dependencies but for its peers, and without them", async () => {
    const root = tree({
      "packages/read-slots/package.json": manifest("read-slots"),
      "packages/read-slots/src/index.ts": "",
      "packages/read-slots/dist/index.js": `export const ReadSlots = "${noise(300)}"; export const unused = "${noise(400)}";`,
      "packages/s3-upload/package.json": manifest("s3-upload", ["."], {
        dependencies: on("@sluice/read-slots", "pad"),
        peerDependencies: on("@aws-sdk/client-s3"),
      }),
      "packages/s3-upload/node_modules/pad/index.js": `export const pad = "${noise(200)}";`,
      "packages/s3-upload/src/index.ts": "",
      "packages/s3-upload/dist/index.js": [
        'import { ReadSlots as a } from "@sluice/read-slots";',
        'import { pad } from "pad/index.js";',
        'import { S3Client } from "@aws-sdk/client-s3";',
        'import fs from "node:fs";',
        "export const b = [a, pad, S3Client, fs];",
      ].join("\n"),
      "packages/s3-upload/README.md": `${SIZE}\n`,
    });
    expect(await found(sizes, root, true)).toEqual([]);
    const [whole, own] = stated(root, "s3-upload").match(/\d+/g)!.map(Number);
    expect(stated(root, "s3-upload")).toContain("with its dependencies;");
    expect(own).toBeLessThan(250);
    expect(whole).toBeGreaterThan(1_200);
    expect(whole).toBeLessThan(1_700);
  });

  it("counts what the users of a semaphore import, and not what else is there", async () => {
    const root = tree({
      "packages/semaphore/package.json": manifest("semaphore"),
      "packages/semaphore/src/index.ts": "",
      "packages/semaphore/dist/index.js": `export class Semaphore {} export const other = "${noise(400)}";`,
      "packages/semaphore/README.md": `${SIZE}\n`,
    });
    expect(await found(sizes, root, true)).toEqual([]);
    expect(Number(stated(root, "semaphore").match(/\d+/)![0])).toBeLessThan(100);
  });

  it("asks for a build where there is none, or an old one", async () => {
    const root = built("export const ReadSlots = 1;");
    utimesSync(join(root, "packages/read-slots/dist/index.js"), 1, 1);
    expect(await found(sizes, root)).toEqual(["packages/read-slots/dist/index.js is older than src"]);
    add(root, { "packages/semaphore/package.json": manifest("semaphore") });
    expect(await found(sizes, root)).toContain("packages/semaphore/dist/index.js is missing");
  });
});
