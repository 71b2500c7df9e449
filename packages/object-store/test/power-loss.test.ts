import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShelfStore } from "@sluice/object-store";
import { DirectoryStore } from "@sluice/object-store/node";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DirectoryShelf } from "../src/node/directory-shelf.js";
import { BUCKET, judgeAll, Lane, type Random, randomFrom } from "./crash-model.js";
import { FailingDisk } from "./power-loss.js";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "sluice-power-"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const limits = { minPartSize: 4 };
let runs = 0;

/** Runs lanes on a disk until its power fails, and judges what a store finds then, several times. */
async function crash(makeDisk: (root: string) => FailingDisk, random: Random): Promise<void> {
  const name = `run-${++runs}`;
  const before = join(scratch, name);
  const disk = makeDisk(before);
  const shelf = new DirectoryShelf(before, disk);
  const store = new ShelfStore(shelf, { limits });
  const lanes = ["l0", "l1", "l2"].map((lane) => new Lane(lane, random));
  let made = false;
  const cut = (error: unknown) => {
    if (!disk.failed) throw error;
  };
  await store.buckets.create(BUCKET).then(() => {
    made = true;
  }, cut);
  await Promise.all(
    lanes.map(async (lane) => {
      while (!disk.failed) await lane.step(store).catch(cut);
    }),
  );
  await shelf.close().catch(cut);
  // What the crash has left is by chance, and so is what is in doubt: each lane is judged once.
  const after = join(scratch, `${name}-after`);
  await disk.leave(after, name, random);
  const again = await DirectoryStore.open(after, { sync: false, limits });
  if (!made) await again.buckets.create(BUCKET).catch(() => undefined);
  await judgeAll(again, lanes);
  await again.close();
  await Promise.all([before, after].map((path) => rm(path, { recursive: true, maxRetries: 3 })));
}

const moment = fc.record({ lasts: fc.integer({ min: 1, max: 300 }), seed: fc.integer() });

test("whenever the power fails, what was acknowledged is there and what was not is there whole or not at all", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(moment, ({ lasts, seed }) =>
      crash((root) => new FailingDisk(root, lasts), randomFrom(seed)),
    ),
    { numRuns: 25 },
  );
});

test("a disk that syncs no names, or no bytes, is found out", async () => {
  class Nameless extends FailingDisk {
    override async syncDirectory(): Promise<void> {}
  }
  class Byteless extends FailingDisk {
    override async syncFile(): Promise<void> {}
  }
  for (const Sinner of [Nameless, Byteless]) {
    const judged = fc.assert(
      fc.asyncProperty(moment, ({ lasts, seed }) =>
        crash((root) => new Sinner(root, lasts), randomFrom(seed)),
      ),
      { numRuns: 60, endOnFailure: true },
    );
    await expect(judged).rejects.toThrow("Property failed");
  }
});
