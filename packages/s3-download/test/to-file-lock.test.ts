import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { faulty, MemoryStore, slow } from "@sluice/object-store";
import { downloadToFile } from "@sluice/s3-download/node";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { folder, useFolder } from "./folder.js";
import { at, bytes } from "./metered.js";

useFolder();

const turn = vi.hoisted(() => ({ of: async (_what: string): Promise<unknown> => undefined }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const late =
    <A extends unknown[], R>(name: string, work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await turn.of(name);
      return work(...args);
    };
  return {
    ...real,
    symlink: late("symlink", real.symlink),
    readlink: late("readlink", real.readlink),
    unlink: late("unlink", real.unlink),
  };
});

test("of many that find the lock of a dead process, never two write at a time, in whatever order they come", async () => {
  const memory = new MemoryStore();
  await memory.put(at, bytes(10));
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.boolean(), async (s, lockOfLock) => {
      turn.of = (what) => s.schedule(Promise.resolve(), what);
      const dead = "4194304999:1:0-0:";
      const world = await worldOf(memory);
      symlinkSync(dead + world, folder.at(".file.sluice-lock"));
      if (lockOfLock) symlinkSync(dead + world, folder.at(".file.sluice-lock~"));
      let writing = 0;
      let most = 0;
      const store = faulty(memory, [
        slow("get", async () => {
          most = Math.max(most, ++writing);
          await turn.of("get");
          writing--;
        }),
      ]);
      let left = 4;
      const all = Array.from({ length: left }, () =>
        downloadToFile(store, at, folder.at("file")).finally(() => {
          left--;
        }),
      );
      const results = Promise.allSettled(all);
      while (left > 0) {
        if (s.count() > 0) await s.waitOne();
        else await new Promise((resolve) => setImmediate(resolve));
      }
      const codes = (await results).map((one) => (one.status === "rejected" ? one.reason.code : "done"));
      expect(codes.filter((code) => code !== "done" && code !== "ERR_FILE_BUSY")).toEqual([]);
      expect([most, folder.names()]).toEqual([1, ["file"]]);
    }),
    { numRuns: 50 },
  );
});

/** What a lock of this process says of where it is. */
async function worldOf(memory: MemoryStore): Promise<string> {
  const of = turn.of;
  turn.of = async () => undefined;
  let text = "";
  const store = faulty(memory, [
    slow("get", async () => {
      text = readlinkSync(folder.at(".other.sluice-lock"));
    }),
  ]);
  await downloadToFile(store, at, folder.at("other"));
  rmSync(folder.at("other"));
  turn.of = of;
  return text.replace(/^\d+:\d*:[0-9a-f-]+:/, "");
}
