import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { slow } from "@sluice/object-store";
import { upload } from "@sluice/s3-upload/node";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bytesOf, TARGET, world } from "./worlds.js";

const refused = vi.hoisted(() => new Set<string>());
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    async unlink(path: string) {
      if (!refused.has(path)) {
        refused.add(path);
        throw Object.assign(new Error("EBUSY"), { code: "EBUSY" });
      }
      return real.unlink(path);
    },
  };
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-spool-named-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("where an open file cannot lose its name, it is removed when its part is done with, and carries its process's number", async () => {
  const seen: string[][] = [];
  const look = slow("putPart", async () => void seen.push(readdirSync(directory)));
  const { store, object } = await world([look]);
  await upload(store, TARGET, bytesOf(20), { partSize: 8, slots: 1, spool: { directory } });
  expect(await object()).toEqual(bytesOf(20));
  expect(seen.map((names) => names.length)).toEqual([1, 1, 1]);
  expect(seen.flat().every((name) => name.startsWith(`sluice-spool-${process.pid}-`))).toBe(true);
  expect(readdirSync(directory)).toEqual([]);
});
